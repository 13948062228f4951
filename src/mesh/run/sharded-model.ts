import { HearthError } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/peer-id.ts';
import type { ModelMap, Stage, StageChain, StageOrder, StageSizes, StageSpan } from '../../protocol/stage.ts';
import type { Clock, Random } from '../clock.ts';
import type { MeshLane } from '../link.ts';
import type { IdsFrame } from '../messages/activation.ts';
import { type ControlMessage, encodeControl, type StandingStage } from '../messages/control.ts';
import type { CostLog } from '../planner/cost-log.ts';
import { chooseStrategy, type Decision, type Way, wayName } from '../planner/choose-strategy.ts';
import { modelCost } from '../planner/model-cost.ts';
import { busyMs, isWorthMoving } from '../planner/plan-chain.ts';
import { type Demand, type DraftYield, predict } from '../planner/predict.ts';
import { findRoute } from '../topology/route.ts';
import type { Machine, RoomView, Topology } from '../topology/topology.ts';
import { Drafting } from './drafting.ts';
import { largestCache, referenceOrder, SpotCheck, withCheckedSlot } from '../trust/spot-check.ts';
import type { Culprit } from './late-steps.ts';
import { type Lap, Pipeline } from './pipeline.ts';

/** With too few machines left, some may be back in a moment: so long is waited before an answer is given up. */
const PATIENCE_MS = 6_000;
/** With machines enough that fail one after the other, or that are linked and silent, so long is tried. */
const PERSEVERANCE_MS = 20_000;
const LOOK_AGAIN_MS = 500;
/** How often a running chain is weighed against the best that the room could do now. */
const RECONSIDER_MS = 5_000;
/** Stages are ready at this pace where none has been measured, in bytes for a millisecond. */
const LOADING_BYTES_PER_MS = 30_000;

const GAVE_UP =
  'The machines of the room could not be made to work together, one failure after another. Try again, or choose a model that runs on this machine.';

export interface ShardedModelOptions {
  self: PeerId;
  clock: Clock;
  random: Random;
  map: ModelMap;
  sizes: StageSizes;
  topology: Topology;
  log: CostLog;
  /** Where it is to run for as long as that can be; anywhere if absent. */
  prefers: PeerId | undefined;
  /** What stands where, this machine included. */
  standing(): { peer: PeerId; stages: readonly StandingStage[] }[];
  nameOf(peer: PeerId): string;
  /** Whether some are linked and say nothing now: they may only be busy. */
  isWaiting(): boolean;
  demand(): Demand;
  /** What drafts have yielded of late; nothing if they are not to be used. */
  drafts(): DraftYield | undefined;
  /** What a lap with drafts has yielded: rows that rode along, and tokens beyond its one. */
  onDrafts(drafted: number, accepted: number): void;
  send(peer: PeerId, lane: MeshLane, frame: Uint8Array<ArrayBuffer>): void;
  onDecision(decision: Decision): void;
  onFailure(why: string, culprit: Culprit): void;
  onLap(lap: Lap, way: Way): void;
  /** Tokens that an answer has come on by. */
  onTokens(count: number): void;
  /** What is trusted to compute a stage again, to check a machine by; nothing if there is no room for it here. */
  reference(order: StageOrder): Promise<Stage | undefined>;
  /** A machine has been found to compute something else than its layers. */
  onGuilty(peer: PeerId, why: string): void;
}

type ChainAnswer = Extract<ControlMessage, { chain: number; epoch: number }>;

/**
 * A model that runs in the room, wherever that is best now. Each failure ends an epoch; `open` then chooses among the
 * machines that are left, over stages that stand already if that is soonest, and starts the next. Who asks computes
 * its sequences again from their tokens, so that nothing but time is lost.
 */
export class ShardedModel {
  readonly chain: number;
  readonly #options: ShardedModelOptions;
  readonly #cost;
  #epoch = 0;
  #pipeline: Pipeline | undefined;
  #check: SpotCheck | undefined;
  /** By span. */
  readonly #references = new Map<string, Promise<Stage | undefined>>();
  #way: Way | undefined;
  /** Machines that may hold a stage of the chain from an earlier epoch. */
  readonly #asked = new Set<PeerId>();
  #consideredAt = Number.NEGATIVE_INFINITY;
  /** What the last look found better: one look may have met a busy moment. */
  #better: string | undefined;
  #isClosed = false;
  #loadingBytesPerMs = LOADING_BYTES_PER_MS;

  constructor(options: ShardedModelOptions) {
    this.#options = options;
    this.#cost = modelCost(options.map);
    this.chain = Math.floor(options.random() * 2 ** 32);
  }

  get way(): Way | undefined {
    return this.#way;
  }

  /** Machines that compute for this model now. */
  get peers(): readonly PeerId[] {
    return this.#pipeline?.isAlive ? this.#pipeline.peers : [];
  }

  /**
   * A chain that is ready to run. Fails with `gone`, in words for the user, if the room cannot carry the model any
   * more; what has been answered so far is the caller's.
   */
  async open(): Promise<StageChain> {
    const { clock, topology, onDecision } = this.#options;
    const startedAt = clock.now();
    for (;;) {
      let decision = this.#decide(this.#preferred(topology.trusted));
      if (!decision.way) decision = this.#decide(topology.trusted);
      // Better a machine that failed lately than none
      const isTrusted = decision.way !== undefined;
      if (!isTrusted) decision = this.#decide(topology.whole);
      onDecision(decision);
      const chain = decision.way && (await this.#start(decision.way));
      if (this.#isClosed) throw new HearthError('gone', 'The model was closed.');
      if (chain) return counted(chain, this.#options.onTokens);
      const mayDo = decision.way !== undefined || this.#options.isWaiting();
      const patienceMs = mayDo ? PERSEVERANCE_MS : PATIENCE_MS;
      if (clock.now() - startedAt >= patienceMs)
        throw new HearthError('gone', `${decision.way ? GAVE_UP : decision.why} The text so far is kept.`);
      if (!isTrusted) await new Promise<void>((resolve) => clock.after(LOOK_AGAIN_MS, resolve));
    }
  }

  onAnswer(peer: PeerId, answer: ChainAnswer): void {
    if (answer.kind !== 'revealed') this.#pipeline?.onAnswer(peer, answer);
    else if (answer.epoch === this.#pipeline?.epoch) this.#check?.onRevealed(peer, answer);
  }

  onIds(peer: PeerId, frame: IdsFrame): void {
    this.#pipeline?.onIds(peer, frame);
  }

  /** A machine is gone, or is not what it was. */
  onPeerGone(peer: PeerId): void {
    this.#asked.delete(peer);
    if (this.#pipeline?.peers.includes(peer))
      this.#pipeline.fail('A machine of the chain has left the room.', undefined);
  }

  /** Moves a running chain if the room could do much better now: the epoch ends as if a machine had been lost. */
  reconsider(): void {
    const { clock } = this.#options;
    if (!this.#pipeline?.isAlive || !this.#way || clock.now() - this.#consideredAt < RECONSIDER_MS) return;
    this.#consideredAt = clock.now();
    const room = this.#preferred(this.#options.topology.trusted);
    const [best] = this.#weigh(room).ways;
    const isBetter =
      best && isWorthMoving(this.#predictNow(this.#way), best.predictedMs + this.#loadingMs(best));
    const wasBetter = this.#better;
    this.#better = isBetter ? wayName(best) : undefined;
    if (!this.#better || this.#better !== wasBetter) return;
    this.#better = undefined;
    this.#pipeline.fail('The room can do better with other machines.', undefined);
  }

  close(): void {
    this.#isClosed = true;
    this.#pipeline?.fail('The model was closed.', undefined);
    for (const peer of this.#asked) this.#tell(peer, { kind: 'close', chain: this.chain });
    this.#asked.clear();
    this.#endCheck();
  }

  /** Nothing if the chain could not be opened. */
  async #start(way: Way): Promise<StageChain | undefined> {
    const { self, clock, map, send, onFailure, onLap, log } = this.#options;
    const { stages } = way;
    this.#endCheck(way);
    for (const peer of this.#asked) {
      if (stages.some((stage) => stage.peer === peer)) continue;
      this.#tell(peer, { kind: 'close', chain: this.chain });
      this.#asked.delete(peer);
    }
    for (const { peer } of stages) this.#asked.add(peer);
    this.#way = way;
    this.#consideredAt = clock.now();
    const lapMs = (rows: number) => this.#lapMs(way, rows);
    const pipeline = new Pipeline({
      self,
      clock,
      chain: this.chain,
      epoch: ++this.#epoch,
      vocab: map.vocab,
      origin: map.origin,
      send,
      stages: stages.map(({ peer, span }) => ({ peer, order: this.#order(span) })),
      expectedMs: (rows) => log.correct(wayName(way), lapMs(rows)),
      onLap: (lap) => {
        log.measured(wayName(way), lapMs(lap.rows), lap.ms);
        this.#learn(way, lap);
        onLap(lap, way);
      },
      onFailure,
    });
    this.#pipeline = pipeline;
    const loadingBytes = this.#loadingBytes(way);
    const askedAt = clock.now();
    try {
      await pipeline.open();
    } catch {
      return undefined;
    }
    if (loadingBytes > 0) this.#loadingBytesPerMs = loadingBytes / Math.max(1, clock.now() - askedAt);
    this.#prepareSpares(way);
    const chain = this.#checked(pipeline, way);
    if (!way.drafts) return chain;
    const { pageSize, maxRows, contextLength } = this.#options.sizes;
    return new Drafting(chain, { pageSize, maxRows, contextLength, onDrafts: this.#options.onDrafts });
  }

  /** The chain with its machines under a check, as soon as there is something to check them by. */
  #checked(pipeline: Pipeline, { stages }: Way): StageChain {
    const { self, clock, random, map, sizes, onGuilty } = this.#options;
    // Slots and pages are disguised in any case: nobody is to know whether it is checked
    const check = new SpotCheck({
      clock,
      random,
      chain: pipeline,
      vocab: map.vocab,
      sizes,
      stages: stages.map(({ peer, span }) => ({ peer, order: this.#order(span) })),
      reveal: (peer, step, row) =>
        this.#tell(peer, { kind: 'reveal', chain: this.chain, epoch: pipeline.epoch, step, row }),
      onGuilty: (peer, why) => {
        onGuilty(peer, why);
        pipeline.fail('A machine of the chain computed something else than it was asked to.', { peer });
      },
      onSuspect: (peer, to, why) => pipeline.fail(why, { peer, to }),
    });
    this.#check = check;
    for (const { peer, span } of stages) {
      if (peer === self) continue;
      void this.#reference(span).then((stage) => {
        if (stage && this.#check === check) check.trust(peer, stage);
      });
    }
    return check;
  }

  /** What computes a span again, from an earlier epoch if it had one. Nothing waits for it. */
  #reference(span: StageSpan): Promise<Stage | undefined> {
    const key = `${span.first}-${span.end}`;
    let reference = this.#references.get(key);
    if (!reference) {
      reference = this.#options.reference(referenceOrder(this.#order(span))).catch(() => undefined);
      this.#references.set(key, reference);
    }
    return reference;
  }

  /** What is not of this way is given up: its memory may be needed. */
  #endCheck(way?: Way): void {
    this.#check?.end();
    this.#check = undefined;
    const { self } = this.#options;
    const wanted = way?.stages
      .filter(({ peer }) => peer !== self)
      .map(({ span }) => `${span.first}-${span.end}`);
    for (const [key, reference] of this.#references) {
      if (wanted?.includes(key)) continue;
      this.#references.delete(key);
      void reference.then((stage) => stage?.destroy());
    }
  }

  #preferred(room: RoomView): RoomView {
    const { prefers } = this.#options;
    const machines = room.machines.filter(({ peer }) => peer === prefers);
    return machines.length > 0 ? { ...room, machines } : room;
  }

  #decide(room: RoomView): Decision {
    const decision = this.#weigh(room);
    const { way } = decision;
    if (!way) return decision;
    const standing = this.#standingWay(room, way);
    // What stands is ready at once; what is better may have to be fetched first
    const isSooner = standing && standing.predictedMs <= way.predictedMs + this.#loadingMs(way);
    if (!isSooner) return decision;
    return { ...decision, way: standing };
  }

  #weigh(room: RoomView): Decision {
    const { self, log, nameOf, demand, drafts } = this.#options;
    return chooseStrategy({
      self,
      cost: this.#cost,
      room,
      positions: this.#positions,
      demand: demand(),
      drafts: drafts(),
      log,
      nameOf,
      held: ({ peer }, span) => this.#stands(peer, span),
    });
  }

  /** The best chain of stages that stand already, if they make one. */
  #standingWay(room: RoomView, like: Way): Way | undefined {
    const { self, standing, map } = this.#options;
    const machines = new Map(room.machines.map((machine) => [machine.peer, machine]));
    const stages = standing().flatMap(({ peer, stages }) => {
      const machine = machines.get(peer);
      if (!machine) return [];
      return stages
        .filter(({ model }) => model === map.model)
        .map(({ span }) => ({ peer, span, stageMs: busyMs(this.#cost, machine, span, 1) }));
    });
    const route = findRoute(self, this.#cost.layers, stages, (from, to) =>
      room.hopMs(from, to, this.#cost.hopBytes(1)),
    );
    if (!route) return undefined;
    const kind =
      route.stages.length > 1 ? 'pipeline' : route.stages[0]!.peer === self ? ('local' as const) : 'peer';
    const { answerTokens } = this.#options.demand();
    const modelMs = route.costMs * answerTokens;
    const way = { kind, stages: route.stages, drafts: like.drafts, modelMs, tokenMs: route.costMs } as const;
    return { ...way, predictedMs: this.#options.log.correct(wayName(way), modelMs) };
  }

  #lapMs({ stages }: Way, rows: number): number {
    const { self, topology } = this.#options;
    const room = topology.whole;
    const machines = new Map(room.machines.map((machine) => [machine.peer, machine]));
    const peers = [self, ...stages.map(({ peer }) => peer), self];
    const stagesMs = stages.map(({ peer, span }) => {
      const machine = machines.get(peer);
      return machine ? busyMs(this.#cost, machine, span, rows) : 0;
    });
    const hopsMs = peers.slice(1).map((to, i) => room.hopMs(peers[i]!, to, this.#cost.hopBytes(rows)));
    const sum = [...stagesMs, ...hopsMs].reduce((total, ms) => total + ms, 0);
    // Where there is no way any more, the step will be late soon enough
    return Number.isFinite(sum) ? sum : 0;
  }

  /** How long an answer would take as things stand. */
  #predictNow(way: Way): number {
    const { self, topology, log, demand, drafts } = this.#options;
    const room = topology.whole;
    // Somebody is late: whether it is gone will be known in a moment
    if (way.stages.some(({ peer }) => !room.machines.some((machine) => machine.peer === peer))) return 0;
    const yields = way.drafts ? drafts() : undefined;
    const { totalMs } = predict({ self, cost: this.#cost, room }, way.stages, demand(), yields);
    return log.correct(wayName(way), totalMs);
  }

  /** What each machine took, against what it says of itself. */
  #learn({ stages }: Way, { rows, stageMs }: Lap): void {
    const { topology } = this.#options;
    const { machines } = topology.whole;
    for (const [i, { peer, span }] of stages.entries()) {
      const machine = machines.find((at) => at.peer === peer);
      if (machine) topology.took(peer, this.#cost.stageMs(machine, span, rows), stageMs[i]!);
    }
  }

  /** What must be fetched before a way is ready: every machine fetches at the same time. */
  #loadingMs(way: Way): number {
    return this.#loadingBytes(way) / this.#loadingBytesPerMs;
  }

  #loadingBytes({ stages }: Way): number {
    return Math.max(
      ...stages.map(({ peer, span }) => (this.#stands(peer, span) ? 0 : this.#cost.bytes(span))),
    );
  }

  #stands(peer: PeerId, span: StageSpan): boolean {
    return this.#options
      .standing()
      .some(
        (at) => at.peer === peer && at.stages.some((stage) => isStage(stage, this.#options.map.model, span)),
      );
  }

  /** For each stage on another machine, one that has nothing to do gets ready to take it over. */
  #prepareSpares({ stages }: Way): void {
    const { self, topology, standing } = this.#options;
    const free = topology.trusted.machines.filter(
      ({ peer }) => peer !== self && !stages.some((stage) => stage.peer === peer),
    );
    for (const { peer, span } of stages) {
      if (peer === self) continue;
      const hasSpare = standing().some((at) => at.peer !== peer && this.#stands(at.peer, span));
      const i = hasSpare ? -1 : free.findIndex((machine) => this.#fits(machine, span));
      if (i < 0) continue;
      const [spare] = free.splice(i, 1);
      this.#tell(spare!.peer, {
        kind: 'open',
        chain: Math.floor(this.#options.random() * 2 ** 32),
        epoch: 1,
        order: this.#order(span),
        origin: this.#options.map.origin,
        from: self,
        to: self,
        isStandby: true,
      });
    }
  }

  #fits({ freeBytes }: Machine, span: StageSpan): boolean {
    return this.#cost.memory(span, this.#positions) <= freeBytes;
  }

  get #positions(): number {
    return largestCache(this.#options.sizes);
  }

  #order(span: StageSpan): StageOrder {
    const { map, sizes } = this.#options;
    return { model: map.model, span, sizes: withCheckedSlot(sizes), hidden: map.hidden, dim: map.dim };
  }

  #tell(peer: PeerId, message: ControlMessage): void {
    this.#options.send(peer, 'control', encodeControl(message));
  }
}

function counted(chain: StageChain, onTokens: (count: number) => void): StageChain {
  return {
    get depth() {
      return chain.depth;
    },
    async run(step) {
      const result = await chain.run(step);
      onTokens(result.ids.length);
      return result;
    },
    close: () => chain.close(),
  };
}

function isStage(stage: StandingStage, model: string, { first, end, embeds, samples }: StageSpan): boolean {
  const { span } = stage;
  return (
    stage.model === model &&
    span.first === first &&
    span.end === end &&
    span.embeds === embeds &&
    span.samples === samples
  );
}
