import type { Handlers, OpenCall } from '../channel/serve.ts';
import type { Clock } from '../mesh/clock.ts';
import type { PieceExchange } from '../mesh/load/piece-exchange.ts';
import { type Identity, identityFrom } from '../mesh/identity/identity.ts';
import { signedTerms, type Terms } from '../mesh/identity/terms.ts';
import { MeshNode, type MeshNodeOptions } from '../mesh/mesh-node.ts';
import { ChannelLink } from '../mesh/transport/channel-link.ts';
import type { EngineStatus } from '../protocol/engine-calls.ts';
import { HearthError } from '../protocol/errors.ts';
import type {
  MeshChannelLane,
  MeshEvent,
  MeshMachine,
  MeshSelf,
  MeshWorkerCalls,
} from '../protocol/mesh-calls.ts';
import type { PeerId } from '../protocol/peer-id.ts';
import type { RoomModels } from './room-models.ts';
import { type KeptLedger, RoomLedger } from './room-ledger.ts';

/** How often screens are told of loads and latencies. */
const TELL_MS = 500;
/** A channel that has not opened by then never will. */
const OPEN_WITHIN_MS = 15_000;

export interface MeshDeps {
  clock: Clock;
  pieces: Pick<PieceExchange, 'onMessage' | 'onChunk' | 'onPeerGone'>;
  ledger: KeptLedger;
  /** A room has been entered: it is to know what is here. */
  onEnter(): void;
  /** What the engine brings to the node: what this machine is, and how it runs a stage. */
  engine: Pick<MeshNodeOptions, 'isOwnerBusy' | 'openStage' | 'onWork' | 'random'> & {
    describe(): Omit<ReturnType<MeshNodeOptions['describe']>, 'name'>;
  };
}

/** A connection whose channels have been handed over: a link once it is open. */
interface Connection {
  peer: PeerId | undefined;
  publicKey: Uint8Array<ArrayBuffer> | undefined;
  lanes: Map<MeshChannelLane, RTCDataChannel[]>;
  link: ChannelLink | undefined;
  terms: Terms | undefined;
}

interface Room {
  node: MeshNode;
  ledger: RoomLedger;
  self: MeshSelf;
  identity: Identity;
  tell(event: MeshEvent): void;
}

/**
 * The mesh's part in the engine worker: the links over the data channels that the document hands over, and the node
 * that runs stages of others here and ours there.
 */
export class MeshHost {
  readonly #connections = new Map<number, Connection>();
  #room: Room | undefined;

  constructor(private readonly deps: MeshDeps) {}

  /** The node of the room that this machine is in. */
  get node(): MeshNode | undefined {
    return this.#room?.node;
  }

  /** What the owner gives to others, in bytes: nothing while this machine is in no room. */
  get sharedBytes(): number {
    return this.#room?.self.share.memoryBytes ?? 0;
  }

  /** Tells the document, while it listens. */
  tell(event: MeshEvent): void {
    this.#room?.tell(event);
  }

  /** What our own offscreen document calls: it has parsed what strangers sent. */
  calls(): Handlers<MeshWorkerCalls> {
    return {
      run: { parse: trusted, run: (self, call) => this.#run(self, call) },
      configure: {
        parse: trusted,
        run: (changes) => {
          if (this.#room) Object.assign(this.#room.self, changes);
          return undefined;
        },
      },
      channels: { parse: trusted, run: (input) => this.#take(input) },
      open: { parse: trusted, run: (input) => this.#open(input) },
      join: { parse: trusted, run: ({ connection }) => this.#join(connection) },
      drop: { parse: trusted, run: ({ connection, reason }) => this.#drop(connection, reason) },
      signal: {
        parse: trusted,
        run: ({ peer, message }) => {
          this.node?.tell(peer, { kind: 'signal', bytes: new TextEncoder().encode(JSON.stringify(message)) });
          return undefined;
        },
      },
      ban: {
        parse: trusted,
        run: ({ peer, why }) => {
          this.node?.ban(peer, why);
          return undefined;
        },
      },
      pardon: {
        parse: trusted,
        run: ({ peer }) => {
          this.node?.bans.lift(peer);
          return undefined;
        },
      },
    };
  }

  async #run(self: MeshSelf, call: OpenCall<MeshEvent>): Promise<undefined> {
    if (this.#room) throw new HearthError('busy', 'This machine is in a room already. Leave it first.');
    const tell = (event: MeshEvent) => void call.send(event).catch(() => {});
    const identity = identityFrom({ ...self.keys, peer: self.self });
    const node = this.#newNode(self, tell);
    const ledger = this.#newLedger(identity, node, tell);
    this.#room = { node, ledger, self, identity, tell };
    node.start();
    this.deps.onEnter();
    let last = '';
    let cancel = () => {};
    const tick = () => {
      const machines = node.members.map((member) => machineOf(member, node));
      const worksFor = node.host.coordinators.filter((peer) => peer !== self.self);
      const own = { worksFor, tokensPerSecond: Math.round(node.tokensPerSecond * 10) / 10 };
      const now = JSON.stringify([machines, own]);
      if (now !== last) tell({ kind: 'machines', machines, own });
      last = now;
      cancel = this.deps.clock.after(TELL_MS, tick);
    };
    tick();
    await new Promise<void>((resolve) => call.signal.addEventListener('abort', () => resolve()));
    cancel();
    this.#room = undefined;
    ledger.end();
    node.stop();
    for (const connection of [...this.#connections.keys()])
      this.#drop(connection, 'This machine left the room.');
    return undefined;
  }

  #newNode(self: MeshSelf, tell: (event: MeshEvent) => void): MeshNode {
    const { clock, engine, pieces } = this.deps;
    const ledger = () => this.#room?.ledger;
    return new MeshNode({
      ...engine,
      onWork: (work) => {
        engine.onWork(work);
        ledger()?.onWork(work);
      },
      onTaken: (peer, chain, work) => ledger()?.onTaken(peer, chain, work),
      priority: (peer) => ledger()?.priority(peer) ?? 0,
      clock,
      self: self.self,
      incarnation: self.incarnation,
      bans: self.bans,
      describe: () => ({ ...engine.describe(), name: self.name }),
      caps: () => ({
        isSharing: self.share.isOn,
        gpuShare: self.share.gpuPercent / 100,
        memoryBytes: self.share.memoryBytes,
      }),
      onEvent: ({ kind, peer }) => {
        if (kind !== 'gone' && kind !== 'restarted') return;
        pieces.onPeerGone(peer);
        ledger()?.onPeerGone(peer);
      },
      onBans: (bans) => tell({ kind: 'bans', bans }),
      onMessage: (peer, message) => {
        if (message.kind === 'signal') tell({ kind: 'signal', peer, message: parseJson(message.bytes) });
        else if (message.kind === 'want' || message.kind === 'missing') pieces.onMessage(peer, message);
        else ledger()?.onMessage(peer, message);
      },
      onChunk: (peer, request, chunk) => pieces.onChunk(peer, request, chunk),
    });
  }

  #newLedger(identity: Identity, node: MeshNode, tell: (event: MeshEvent) => void): RoomLedger {
    const connections = () => [...this.#connections.values()];
    return new RoomLedger({
      clock: this.deps.clock,
      now: Date.now,
      identity,
      kept: this.deps.ledger,
      tell: (peer, message) => node.tell(peer, message),
      keyOf: (peer) => connections().find((at) => at.peer === peer)?.publicKey,
      nameOf: (peer) => node.membership.get(peer)?.beat.name,
      onChange: (accounts) => tell({ kind: 'accounts', accounts }),
      onFraud: (peer, why) => node.ban(peer, why),
    });
  }

  #take({ connection, lane, channels }: MeshWorkerCalls['channels']['input']): undefined {
    const known = this.#connections.get(connection) ?? {
      peer: undefined,
      publicKey: undefined,
      lanes: new Map(),
      link: undefined,
      terms: undefined,
    };
    this.#connections.set(connection, known);
    for (const channel of channels) channel.binaryType = 'arraybuffer';
    known.lanes.set(lane, [...(known.lanes.get(lane) ?? []), ...channels]);
  }

  async #open({
    connection,
    peer,
    publicKey,
    binding,
    epoch,
  }: MeshWorkerCalls['open']['input']): Promise<undefined> {
    if (!this.#room) throw new HearthError('gone', 'This machine is in no room any more.');
    const { identity } = this.#room;
    const known = this.#connections.get(connection);
    const [control] = known?.lanes.get('control') ?? [];
    const [bulk] = known?.lanes.get('bulk') ?? [];
    const activations = known?.lanes.get('activation') ?? [];
    if (!known || !control || !bulk || activations.length === 0)
      throw new HearthError('bad-input', 'This connection has not got all its channels.');
    await this.#allOpen([control, bulk, ...activations]);
    Object.assign(known, { peer, publicKey });
    known.terms = signedTerms({ identity, peer, publicKey, link: binding, now: Date.now });
    known.link = new ChannelLink({
      peer,
      epoch,
      clock: this.deps.clock,
      channels: { control, bulk, activations },
      onEnd: (reason) => {
        this.#connections.delete(connection);
        this.#room?.tell({ kind: 'closed', connection, reason });
      },
    });
  }

  #join(connection: number): undefined {
    const { link, terms } = this.#connections.get(connection) ?? {};
    if (!link || !terms || !this.#room) throw new HearthError('gone', 'This connection has ended.');
    this.#room.node.addLink(link, terms);
  }

  #drop(connection: number, reason: string): undefined {
    const known = this.#connections.get(connection);
    this.#connections.delete(connection);
    if (known?.link) known.link.close(reason);
    else for (const channel of [...(known?.lanes.values() ?? [])].flat()) channel.close();
  }

  #allOpen(channels: RTCDataChannel[]): Promise<unknown> {
    const tooLate = new Promise((_, reject) =>
      this.deps.clock.after(OPEN_WITHIN_MS, () =>
        reject(new HearthError('gone', 'The connection to the other machine did not open in time.')),
      ),
    );
    return Promise.race([tooLate, Promise.all(channels.map(isOpen))]);
  }
}

/** The engine's own state, in the words of a beat. Stages count as free: they give way to those that are wanted. */
export function describeMachine(
  status: EngineStatus,
  stageBytes: number,
  { held, speeds, bytesPerMs = GUESSED_BYTES_PER_MS }: Pick<RoomModels, 'held' | 'speeds' | 'bytesPerMs'>,
): ReturnType<MeshDeps['engine']['describe']> {
  const { adapter, caps, memoryBytes, running } = status;
  return {
    gpu: adapter.slice(0, MAX_GPU_CHARS),
    freeBytes: Math.max(0, caps.memoryBytes - (memoryBytes - stageBytes)),
    bytesPerMs,
    speeds: speeds.speeds,
    load: running.length > 0 ? caps.gpuPercent / 100 : 0,
    pieces: held,
  };
}

/** What any laptop's memory does, 20 GB/s: stands until it has been measured. */
const GUESSED_BYTES_PER_MS = 20_000_000;
const MAX_GPU_CHARS = 32;

function isOpen(channel: RTCDataChannel): Promise<void> {
  return new Promise((resolve, reject) => {
    if (channel.readyState === 'open') resolve();
    channel.onopen = () => resolve();
    channel.onclose = () => reject(new HearthError('gone', 'The connection to the other machine ended.'));
  });
}

function machineOf({ peer, beat, isSuspect }: MeshNode['members'][number], node: MeshNode): MeshMachine {
  const holds = [...beat.standing.map(({ model }) => model), ...beat.pieces.map(({ model }) => model)];
  return {
    peer,
    name: beat.name,
    gpu: beat.gpu,
    isSharing: beat.isSharing,
    load: Math.round(beat.load * 100) / 100,
    rttMs: Math.round((node.rttMs(peer) ?? 0) * 10) / 10,
    freeBytes: beat.freeBytes,
    holds: [...new Set(holds)],
    worksForUs: node.helpers.includes(peer),
    isServed: node.host.coordinators.includes(peer),
    isLate: isSuspect,
    worksFor: beat.worksFor,
    tokensPerSecond: Math.round(beat.tokensPerSecond * 10) / 10,
  };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    // The document drops what it cannot read
    return undefined;
  }
}

function trusted<Input>(input: unknown): Input {
  return input as Input;
}
