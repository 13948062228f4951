import { HearthError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/peer-id.ts';
import type { ModelMap, StageSizes } from '../protocol/stage.ts';
import type { Clock, Random } from './clock.ts';
import type { GrantLimits } from './identity/grant.ts';
import type { Terms } from './identity/terms.ts';
import { MAX_PEERS } from './limits.ts';
import type { Link, MeshLane } from './link.ts';
import { Membership, type MembershipEvent, type Member } from './membership/membership.ts';
import { parseActivation } from './messages/activation.ts';
import {
  type Beat,
  type ControlMessage,
  encodeControl,
  parseChunk,
  parseControl,
} from './messages/control.ts';
import type { Account } from './ledger/ledger.ts';
import { workOfLap } from './ledger/work-of-lap.ts';
import { CostLog } from './planner/cost-log.ts';
import { modelCost } from './planner/model-cost.ts';
import { GuestGate, type GuestCaps } from './run/guest-gate.ts';
import { ShardedModel, type ShardedModelOptions } from './run/sharded-model.ts';
import { type OpenStage, StageHost, type StageWork } from './run/stage-host.ts';
import { Pace } from './run/pace.ts';
import { Topology } from './topology/topology.ts';
import { type Ban, Bans } from './trust/bans.ts';
import { FloodGate } from './trust/flood-gate.ts';
import { type Ask, isAsk, SealedAsks } from './trust/sealed-asks.ts';
import { type Offence, Strikes } from './trust/strikes.ts';

/** What this machine says of itself. */
export type SelfReport = Pick<
  Beat,
  'name' | 'gpu' | 'freeBytes' | 'bytesPerMs' | 'speeds' | 'load' | 'pieces'
>;

export interface MeshNodeOptions {
  self: PeerId;
  /** Higher than at any earlier start of this machine. */
  incarnation: number;
  clock: Clock;
  random: Random;
  bans: readonly Ban[];
  describe(): SelfReport;
  caps(): GuestCaps;
  /** Whether one of the owner's own pages is being answered. */
  isOwnerBusy(): boolean;
  openStage: OpenStage;
  onWork(work: StageWork): void;
  /** Another machine has computed something for this one. */
  onTaken(peer: PeerId, chain: number, work: Account): void;
  /** Of two machines that wait for this one, who has given more than it took goes first: the greater number. */
  priority(peer: PeerId): number;
  onEvent(event: MembershipEvent): void;
  onBans(bans: Ban[]): void;
  /** Messages of those who make links, serve pieces, or keep accounts. */
  onMessage(peer: PeerId, message: OtherMessage): void;
  onChunk(peer: PeerId, request: number, chunk: Uint8Array<ArrayBuffer>): void;
}

/** What the node itself has no use for. */
export type OtherMessage = Extract<
  ControlMessage,
  { kind: 'want' | 'missing' | 'receipt' | 'countersigned' | 'signal' }
>;

export type ModelOptions = Pick<
  ShardedModelOptions,
  'prefers' | 'demand' | 'drafts' | 'onDrafts' | 'reference' | 'onDecision' | 'onFailure' | 'onLap'
> & { map: ModelMap; sizes: StageSizes };

interface Connection {
  link: Link;
  flood: FloodGate;
  asks: SealedAsks;
}

/**
 * This machine in a room. It is handed links as they are made, and puts together who is there, what runs here for
 * others, and what runs there for us. Every frame is parsed here, and who sends what cannot be parsed is banned.
 */
export class MeshNode {
  readonly membership: Membership;
  readonly topology: Topology;
  readonly host: StageHost;
  readonly bans: Bans;
  readonly log = new CostLog();
  readonly #options: MeshNodeOptions;
  readonly #strikes: Strikes;
  readonly #pace: Pace;
  readonly #connections = new Map<PeerId, Connection>();
  readonly #models = new Map<number, ShardedModel>();

  constructor(options: MeshNodeOptions) {
    this.#options = options;
    const { self, clock, incarnation } = options;
    const links = () => [...this.#connections.values()].map(({ link }) => link);
    const send = (peer: PeerId, lane: MeshLane, frame: Uint8Array<ArrayBuffer>) =>
      this.send(peer, lane, frame);
    this.bans = new Bans(options.bans, options.onBans);
    this.#strikes = new Strikes(clock);
    this.#pace = new Pace(clock);
    this.membership = new Membership({
      self,
      clock,
      incarnation,
      links,
      describe: () => this.#report(),
      sendBeat: (peer, beat) => this.#sendBeat(peer, beat),
      sendLeaving: (peer, incarnation) => this.tell(peer, { kind: 'leaving', incarnation }),
      onEvent: (event) => this.#onEvent(event),
    });
    this.topology = new Topology({
      clock,
      self,
      links,
      members: () => this.membership.members,
      describe: () => ({ peer: self, queue: this.host.queue, ...options.describe() }),
    });
    this.host = new StageHost({
      self,
      clock,
      send,
      gate: new GuestGate(clock, options.caps, options.isOwnerBusy),
      refuse: (peer) => this.#refuse(peer),
      openStage: options.openStage,
      onWork: options.onWork,
      priority: options.priority,
      onFault: (peer, why) => this.ban(peer, why),
    });
  }

  get self(): PeerId {
    return this.#options.self;
  }

  start(): void {
    this.membership.start();
  }

  /** Leaves the room: says so, gives up what runs here and there, and closes every link. */
  stop(): void {
    this.membership.stop();
    for (const model of [...this.#models.values()]) this.closeModel(model);
    this.host.destroy();
    for (const { link, asks } of [...this.#connections.values()]) {
      asks.end();
      link.close('This machine has left the room.');
    }
    this.#connections.clear();
  }

  /** A link has been made, with the terms of its two machines. One that stood to the same peer gives way to it. */
  addLink(link: Link, terms: Terms): void {
    const { peer } = link;
    if (peer === this.#options.self || this.bans.has(peer) || this.#connections.size >= MAX_PEERS) {
      link.close('This machine does not take part in a room with you.');
      return;
    }
    const before = this.#connections.get(peer);
    const { clock } = this.#options;
    const asks = new SealedAsks({
      terms,
      clock,
      send: (task) => this.tell(peer, task),
      onAsk: (ask, why) => this.#onAsk(peer, ask, why),
      onOffence: (offence, why) => this.#onOffence(peer, offence, why),
    });
    this.#connections.set(peer, { link, flood: new FloodGate(clock), asks });
    before?.asks.end();
    before?.link.close('Another link has taken its place.');
    // So that the first beat has it
    asks.grant(this.#grantLimits());
    link.onFrame((lane, frame) => this.#onFrame(link, lane, frame));
    link.onClose((reason) => {
      if (this.#connections.get(peer)?.link !== link) return;
      asks.end();
      this.#connections.delete(peer);
      this.membership.remove(peer, reason);
    });
  }

  /** Not this machine: it knows itself. */
  get members(): readonly Member[] {
    return this.membership.members;
  }

  /** Machines that compute for us now. */
  get helpers(): PeerId[] {
    const peers = new Set([...this.#models.values()].flatMap((model) => model.peers));
    peers.delete(this.self);
    return [...peers];
  }

  openModel(options: ModelOptions): ShardedModel {
    const { self, clock, random } = this.#options;
    const cost = modelCost(options.map);
    const model: ShardedModel = new ShardedModel({
      ...options,
      self,
      clock,
      random,
      topology: this.topology,
      log: this.log,
      standing: () => [
        { peer: self, stages: this.host.standing },
        ...this.members.map(({ peer, beat }) => ({ peer, stages: beat.standing })),
      ],
      nameOf: (peer) => this.membership.get(peer)?.beat.name ?? 'this machine',
      isWaiting: () =>
        [...this.#connections.keys()].some((peer) => this.membership.get(peer)?.isSuspect !== false),
      send: (peer, lane, frame) =>
        lane === 'control' ? this.#ask(peer, frame) : this.send(peer, lane, frame),
      onGuilty: (peer, why) => this.ban(peer, why),
      onTokens: (count) => this.#pace.add(count),
      onLap: (lap, way) => {
        for (const { peer, work } of workOfLap(self, way.stages, lap, cost.hopBytes(lap.rows)))
          this.#options.onTaken(peer, model.chain, work);
        options.onLap(lap, way);
      },
      onFailure: (why, culprit) => {
        if (culprit) this.topology.avoid(culprit.peer, culprit.to);
        options.onFailure(why, culprit);
      },
    });
    this.#models.set(model.chain, model);
    return model;
  }

  closeModel(model: ShardedModel): void {
    this.#models.delete(model.chain);
    model.close();
  }

  /** What is sent to a machine that is not there goes nowhere; whoever waits for an answer notices. */
  send(peer: PeerId, lane: MeshLane, frame: Uint8Array<ArrayBuffer>): void {
    // Its own stages are asked as all others are
    if (peer === this.#options.self) queueMicrotask(() => this.#dispatch(peer, lane, frame));
    else this.#connections.get(peer)?.link.send(lane, frame);
  }

  /** Bytes on their way to a machine. */
  bufferedBytes(peer: PeerId): number {
    return this.#connections.get(peer)?.link.bufferedBytes ?? 0;
  }

  /** Of this machine's own answers, wherever they are computed. */
  get tokensPerSecond(): number {
    return this.#pace.perSecond();
  }

  /** Undefined if there is no link to it. */
  rttMs(peer: PeerId): number | undefined {
    return this.#connections.get(peer)?.link.rttMs;
  }

  tell(peer: PeerId, message: ControlMessage): void {
    this.send(peer, 'control', encodeControl(message));
  }

  /** Has done what no honest machine does: it is shown the door, by name and with the reason. */
  ban(peer: PeerId, why: string): void {
    if (peer === this.#options.self) return;
    this.bans.add(peer, why);
    this.host.expel(peer);
    this.#connections.get(peer)?.link.close(`This machine was banned: ${why}.`);
  }

  /** All that a coordinator says in control is asked of a machine, under seal unless it is this one. */
  #ask(peer: PeerId, frame: Uint8Array<ArrayBuffer>): void {
    if (peer === this.#options.self) this.send(peer, 'control', frame);
    else this.#connections.get(peer)?.asks.ask(frame);
  }

  /** To each with its own grant: it may ask once it has one. */
  #sendBeat(peer: PeerId, beat: Beat): void {
    const grant = this.#connections.get(peer)?.asks.grant(this.#grantLimits()) ?? '';
    this.tell(peer, { kind: 'beat', ...beat, grant, isSharing: beat.isSharing && grant !== '' });
  }

  #grantLimits(): GrantLimits | undefined {
    const { isSharing, memoryBytes, gpuShare } = this.#options.caps();
    return isSharing ? { memoryBytes, gpuPercent: 100 * gpuShare } : undefined;
  }

  #onOffence(peer: PeerId, offence: Offence, why: string): void {
    const verdict = this.#strikes.add(peer, offence);
    if (verdict === 'ban') this.ban(peer, why);
    else if (verdict === 'drop') this.#connections.get(peer)?.link.close(`This machine was dropped: ${why}`);
  }

  #onAsk(peer: PeerId, ask: Ask, why: string | undefined): void {
    if (ask.kind === 'open' && why !== undefined)
      this.tell(peer, { kind: 'refused', chain: ask.chain, epoch: ask.epoch, why });
    else if (ask.kind === 'open') this.host.open(peer, ask);
    else if (ask.kind === 'close') this.host.close(peer, ask.chain);
    else if (ask.kind === 'probe') this.host.onProbe(peer, ask);
    else this.host.onReveal(peer, ask);
  }

  #onFrame(link: Link, lane: MeshLane, frame: Uint8Array<ArrayBuffer>): void {
    const { peer } = link;
    const connection = this.#connections.get(peer);
    // Frames of a link that another has replaced
    if (connection?.link !== link) return;
    if (!connection.flood.admit()) {
      this.ban(peer, 'it sent more frames than can be handled');
      return;
    }
    this.#dispatch(peer, lane, frame);
  }

  #dispatch(peer: PeerId, lane: MeshLane, frame: Uint8Array<ArrayBuffer>): void {
    try {
      if (lane === 'control') this.#onControl(peer, parseControl(frame));
      else if (lane === 'activation') this.#onActivation(peer, frame);
      else {
        const { request, chunk } = parseChunk(frame);
        this.#options.onChunk(peer, request, chunk);
      }
    } catch (error) {
      // Anything else is our own fault
      if (!(error instanceof HearthError && error.code === 'bad-input')) throw error;
      this.ban(peer, error.message);
    }
  }

  #onActivation(peer: PeerId, bytes: Uint8Array<ArrayBuffer>): void {
    const frame = parseActivation(bytes);
    if (frame.kind === 'rows') this.host.onRows(peer, frame);
    else if (frame.coordinator === this.#options.self) this.#models.get(frame.chain)?.onIds(peer, frame);
  }

  #onControl(peer: PeerId, message: ControlMessage): void {
    if (isAsk(message)) {
      if (peer !== this.#options.self)
        this.#onOffence(peer, 'forged', 'it asked for something without a seal');
      else this.#onAsk(peer, message, undefined);
      return;
    }
    switch (message.kind) {
      case 'beat': {
        const { kind, ...beat } = message;
        const asks = this.#connections.get(peer)?.asks;
        if (asks) asks.theirGrant = beat.grant;
        this.membership.onBeat(peer, beat);
        for (const model of this.#models.values()) model.reconsider();
        break;
      }
      case 'leaving':
        this.membership.onLeaving(peer, message.incarnation);
        break;
      case 'task':
        this.#connections.get(peer)?.asks.take(message);
        break;
      case 'want':
        // Who computes for us may have what it computes with, though we compute for nobody
        if (this.#connections.get(peer)?.asks.grant(this.#grantLimits()) || this.helpers.includes(peer))
          this.#options.onMessage(peer, message);
        else this.tell(peer, { kind: 'missing', request: message.request });
        break;
      case 'loading':
      case 'ready':
      case 'refused':
      case 'failed':
      case 'progress':
      case 'revealed':
        this.#models.get(message.chain)?.onAnswer(peer, message);
        break;
      default:
        this.#options.onMessage(peer, message);
    }
  }

  #onEvent(event: MembershipEvent): void {
    const { peer, kind } = event;
    if (kind === 'gone' || kind === 'restarted') {
      this.host.closeAllOf(peer);
      for (const model of this.#models.values()) model.onPeerGone(peer);
    }
    if (kind === 'gone') this.topology.forget(peer);
    this.#options.onEvent(event);
  }

  #refuse(peer: PeerId): string | undefined {
    if (!this.#options.caps().isSharing)
      return 'This machine does not compute for others; its owner can allow it.';
    if (!this.membership.get(peer)) return 'This machine does not know you yet; ask again in a moment.';
    return undefined;
  }

  #report(): Omit<Beat, 'incarnation' | 'beat' | 'rtts'> {
    const standing = this.host.standing;
    const caps = this.#options.caps();
    const report = this.#options.describe();
    return {
      ...report,
      isSharing: caps.isSharing,
      freeBytes: Math.max(0, Math.min(report.freeBytes, caps.memoryBytes)),
      queue: Math.min(0xffff, this.host.queue),
      planHash: hash(JSON.stringify(standing)),
      grant: '',
      worksFor: this.host.coordinators.filter((peer) => peer !== this.#options.self),
      tokensPerSecond: this.#pace.perSecond(),
      standing,
    };
  }
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
