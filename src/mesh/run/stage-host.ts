import { toFailure } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/peer-id.ts';
import type { ModelOrigin, Stage, StageOrder, StageOutput } from '../../protocol/stage.ts';
import type { Clock } from '../clock.ts';
import { MAX_STAGES_PER_PEER, MAX_STEPS_IN_FLIGHT } from '../limits.ts';
import type { MeshLane } from '../link.ts';
import { encodeActivation, type RowsFrame } from '../messages/activation.ts';
import { type ControlMessage, encodeControl, type StandingStage } from '../messages/control.ts';
import { findFault } from './check-step.ts';
import type { GuestGate } from './guest-gate.ts';
import { InOrder } from './in-order.ts';
import { RecentSteps } from './recent-steps.ts';

/** A stage that nobody uses keeps its weights for this long: whoever comes back need not load them. */
const IDLE_MS = 120_000;
const MAX_IDLE = 4;

/** What a stage has done for somebody. */
export interface StageWork {
  coordinator: PeerId;
  chain: number;
  rowLayers: number;
  gpuMs: number;
  bytes: number;
}

/** Fetches what a stage needs and makes it, for somebody; how far it is, in bytes. */
export type OpenStage = (
  order: StageOrder,
  origin: ModelOrigin,
  asker: PeerId,
  onProgress: (doneBytes: number, totalBytes: number) => void,
) => Promise<Stage>;

export interface StageHostOptions {
  self: PeerId;
  clock: Clock;
  send(peer: PeerId, lane: MeshLane, frame: Uint8Array<ArrayBuffer>): void;
  /** Why not, in words, if this machine will not compute this for this peer. */
  refuse(peer: PeerId, order: StageOrder): string | undefined;
  openStage: OpenStage;
  gate: GuestGate;
  onWork(work: StageWork): void;
  /** Who goes first where there is too little for all: the greater number. */
  priority(peer: PeerId): number;
  /** A peer has sent what no honest one sends. */
  onFault(peer: PeerId, why: string): void;
}

type Open = Extract<ControlMessage, { kind: 'open' }>;

interface Hosted {
  coordinator: PeerId;
  open: Open;
  /** Absent while it is being made. */
  stage: Stage | undefined;
  frames: InOrder<RowsFrame>;
  /** Accepted, and not yet handed to the stage. */
  waiting: RowsFrame[];
  running: number;
  /** Steps of this epoch handed on. */
  done: number;
  recent: RecentSteps;
}

interface Idle {
  order: StageOrder;
  stage: Stage;
  cancel(): void;
}

/** The stages that this machine runs, for others' chains and for its own. */
export class StageHost {
  readonly #options: StageHostOptions;
  readonly #hosted = new Map<string, Hosted>();
  readonly #idle = new Map<string, Idle>();
  #isOver = false;
  #cancelWait = () => {};

  constructor(options: StageHostOptions) {
    this.#options = options;
  }

  /** Whose weights lie on the GPU. */
  get standing(): StandingStage[] {
    const hosted = [...this.#hosted.values()].filter(({ stage }) => stage).map(({ open }) => open.order);
    return [...hosted, ...[...this.#idle.values()].map(({ order }) => order)].map(({ model, span }) => ({
      model,
      span,
    }));
  }

  /** Steps that wait or run. */
  get queue(): number {
    return [...this.#hosted.values()].reduce(
      (sum, { waiting, running }) => sum + waiting.length + running,
      0,
    );
  }

  /** For whom this machine works. */
  get coordinators(): PeerId[] {
    return [...new Set([...this.#hosted.values()].map(({ coordinator }) => coordinator))];
  }

  open(coordinator: PeerId, open: Open): void {
    const key = keyOf(coordinator, open.chain);
    const known = this.#hosted.get(key);
    if (known && open.epoch <= known.open.epoch) return;
    const { refuse, self } = this.#options;
    const why =
      coordinator === self
        ? undefined
        : (this.#tooMany(coordinator, known) ?? refuse(coordinator, open.order));
    if (why !== undefined) {
      this.#tell(coordinator, { kind: 'refused', chain: open.chain, epoch: open.epoch, why });
      return;
    }
    // Its cache is written anew by the new epoch's steps, which come after those of the old one
    if (known?.stage && isSame(known.open.order, open.order)) {
      this.#hosted.set(key, { ...hosted(coordinator, open), stage: known.stage });
      this.#tell(coordinator, { kind: 'ready', chain: open.chain, epoch: open.epoch });
      return;
    }
    if (known && isSame(known.open.order, open.order)) {
      known.open = open;
      return;
    }
    if (known) this.#drop(known);
    const entry = hosted(coordinator, open);
    this.#hosted.set(key, entry);
    const idle = this.#takeIdle(open.order);
    if (idle) this.#ready(entry, idle);
    else void this.#make(entry);
  }

  close(coordinator: PeerId, chain: number): void {
    const entry = this.#hosted.get(keyOf(coordinator, chain));
    if (entry) this.#drop(entry);
  }

  /** Whose chains they are is gone, or has started anew: nobody wants their results. */
  closeAllOf(coordinator: PeerId): void {
    for (const entry of [...this.#hosted.values()]) if (entry.coordinator === coordinator) this.#drop(entry);
  }

  /** Nothing of what it has given us stays: not even weights that it alone has asked for. */
  expel(coordinator: PeerId): void {
    for (const entry of [...this.#hosted.values()]) {
      if (entry.coordinator !== coordinator) continue;
      entry.stage?.destroy();
      entry.stage = undefined;
      this.#drop(entry);
    }
  }

  destroy(): void {
    this.#isOver = true;
    this.#cancelWait();
    for (const entry of [...this.#hosted.values()]) this.#drop(entry);
    this.#dropIdle();
  }

  onRows(peer: PeerId, frame: RowsFrame): void {
    const entry = this.#hosted.get(keyOf(frame.coordinator, frame.chain));
    // Late frames of what is closed, or of an epoch that is over, are ordinary
    if (!entry?.stage || frame.epoch !== entry.open.epoch) return;
    if (peer !== entry.open.from) {
      this.#options.onFault(peer, 'it sent a step of a chain in which another machine comes before this one');
      return;
    }
    const due = entry.frames.take(frame.step, frame);
    if (!due || entry.waiting.length + due.length > MAX_STEPS_IN_FLIGHT) {
      this.#fail(entry, true, 'Steps came out of order, or too many at once.');
      return;
    }
    for (const next of due) {
      const fault = findFault(next, entry.open.order);
      if (fault !== undefined) {
        this.#fail(entry, true, `A step was refused: ${fault}.`);
        // Only who makes steps is sure to be at fault: the others hand on what they were given
        if (peer === entry.coordinator) this.#options.onFault(peer, fault);
        return;
      }
      entry.waiting.push(next);
    }
    this.#pump();
  }

  onProbe(coordinator: PeerId, { chain, epoch }: { chain: number; epoch: number }): void {
    const entry = this.#hosted.get(keyOf(coordinator, chain));
    if (entry?.open.epoch !== epoch) return;
    const received = entry.frames.next;
    this.#tell(coordinator, { kind: 'progress', chain, epoch, received, done: entry.done });
  }

  onReveal(
    coordinator: PeerId,
    { chain, epoch, step, row }: Extract<ControlMessage, { kind: 'reveal' }>,
  ): void {
    const entry = this.#hosted.get(keyOf(coordinator, chain));
    const seen = entry?.open.epoch === epoch ? entry.recent.get(step, row) : undefined;
    if (seen) this.#tell(coordinator, { kind: 'revealed', chain, epoch, step, row, ...seen });
  }

  async #make(entry: Hosted): Promise<void> {
    const { coordinator } = entry;
    const { chain, order, origin } = entry.open;
    try {
      const stage = await this.#openStage(order, origin, coordinator, (doneBytes, totalBytes) => {
        const { epoch } = entry.open;
        if (this.#isHosted(entry))
          this.#tell(coordinator, { kind: 'loading', chain, epoch, doneBytes, totalBytes });
      });
      if (this.#isHosted(entry)) this.#ready(entry, stage);
      else this.#keep(order, stage);
    } catch (error) {
      if (!this.#isHosted(entry)) return;
      this.#hosted.delete(keyOf(coordinator, chain));
      const why = toFailure(error).message;
      this.#tell(coordinator, { kind: 'refused', chain, epoch: entry.open.epoch, why });
    }
  }

  /** Stages that nobody uses make room for one that somebody wants. */
  async #openStage(...request: Parameters<OpenStage>): Promise<Stage> {
    try {
      return await this.#options.openStage(...request);
    } catch (error) {
      if (toFailure(error).code !== 'out-of-memory' || this.#idle.size === 0) throw error;
      this.#dropIdle();
      return this.#options.openStage(...request);
    }
  }

  #ready(entry: Hosted, stage: Stage): void {
    const { coordinator, open } = entry;
    this.#tell(coordinator, { kind: 'ready', chain: open.chain, epoch: open.epoch });
    if (open.isStandby) {
      this.#hosted.delete(keyOf(coordinator, open.chain));
      this.#keep(open.order, stage);
    } else entry.stage = stage;
  }

  /** Hands steps to their stages in their order: our own at once, guests' as fast as they may go, the worthiest first. */
  #pump(): void {
    const { self, clock, gate, priority } = this.#options;
    this.#cancelWait();
    const waiting = [...this.#hosted.values()].filter(({ waiting }) => waiting.length > 0);
    for (const entry of waiting)
      while (entry.coordinator === self && entry.waiting.length > 0)
        void this.#run(entry, entry.waiting.shift()!);
    const guests = waiting
      .filter(({ coordinator }) => coordinator !== self)
      .sort((a, b) => priority(b.coordinator) - priority(a.coordinator));
    for (const entry of guests)
      while (entry.waiting.length > 0) {
        const waitMs = gate.waitMs();
        if (waitMs > 0) {
          // What is not shared now may be shared later: the coordinator decides how long it waits
          this.#cancelWait = clock.after(Math.min(waitMs, 1_000), () => this.#pump());
          return;
        }
        void this.#run(entry, entry.waiting.shift()!);
      }
  }

  async #run(entry: Hosted, frame: RowsFrame): Promise<void> {
    entry.running++;
    try {
      const { lane, pages, samplers, rows, hidden } = frame;
      const output = await entry.stage!.run({
        lane: entry.coordinator === this.#options.self ? lane : 'guest',
        pages,
        samplers,
        rows,
        hidden,
      });
      if (this.#isHosted(entry)) this.#handOn(entry, frame, output);
    } catch (error) {
      if (this.#isHosted(entry)) this.#fail(entry, false, toFailure(error).message);
    } finally {
      entry.running--;
    }
  }

  #handOn(entry: Hosted, frame: RowsFrame, output: StageOutput): void {
    const { coordinator, open, recent } = entry;
    const { chain, epoch, step } = frame;
    const { first, end } = open.order.span;
    const spentUs = [...frame.spentUs, Math.round(output.busyMs * 1000)];
    const next =
      output.kind === 'ids'
        ? encodeActivation({ kind: 'ids', chain, epoch, step, coordinator, spentUs, ids: output.ids })
        : encodeActivation({ ...frame, spentUs, hidden: output.hidden });
    recent.add(frame, output);
    entry.done = step + 1;
    this.#options.send(open.to, 'activation', next);
    if (coordinator === this.#options.self) return;
    this.#options.gate.pay(output.busyMs);
    this.#options.onWork({
      coordinator,
      chain,
      rowLayers: frame.rows.length * (end - first),
      gpuMs: output.busyMs,
      bytes: next.length,
    });
  }

  #fail(entry: Hosted, isInput: boolean, why: string): void {
    const { chain, epoch } = entry.open;
    this.#tell(entry.coordinator, { kind: 'failed', chain, epoch, isInput, why });
    if (!isInput) {
      // The device under it may be gone
      entry.stage?.destroy();
      entry.stage = undefined;
    }
    this.#drop(entry);
  }

  #drop(entry: Hosted): void {
    entry.waiting.length = 0;
    this.#hosted.delete(keyOf(entry.coordinator, entry.open.chain));
    if (entry.stage) this.#keep(entry.open.order, entry.stage);
  }

  #keep(order: StageOrder, stage: Stage): void {
    const key = orderKey(order);
    if (this.#isOver || this.#idle.has(key) || this.#idle.size >= MAX_IDLE) {
      stage.destroy();
      return;
    }
    stage.forget();
    const cancel = this.#options.clock.after(IDLE_MS, () => {
      this.#idle.delete(key);
      stage.destroy();
    });
    this.#idle.set(key, { order, stage, cancel });
  }

  #dropIdle(): void {
    for (const { stage, cancel } of this.#idle.values()) {
      cancel();
      stage.destroy();
    }
    this.#idle.clear();
  }

  #takeIdle(order: StageOrder): Stage | undefined {
    const idle = this.#idle.get(orderKey(order));
    if (!idle) return undefined;
    idle.cancel();
    this.#idle.delete(orderKey(order));
    return idle.stage;
  }

  #tooMany(coordinator: PeerId, known: Hosted | undefined): string | undefined {
    const others = [...this.#hosted.values()].filter((at) => at.coordinator === coordinator && at !== known);
    if (others.length < MAX_STAGES_PER_PEER) return undefined;
    return `This machine runs ${others.length} stages for you already, and no more for one machine.`;
  }

  #isHosted(entry: Hosted): boolean {
    return this.#hosted.get(keyOf(entry.coordinator, entry.open.chain)) === entry;
  }

  #tell(peer: PeerId, message: ControlMessage): void {
    this.#options.send(peer, 'control', encodeControl(message));
  }
}

function hosted(coordinator: PeerId, open: Open): Hosted {
  return {
    coordinator,
    open,
    stage: undefined,
    frames: new InOrder(),
    waiting: [],
    running: 0,
    done: 0,
    recent: new RecentSteps(open.order),
  };
}

function keyOf(coordinator: PeerId, chain: number): string {
  return `${coordinator} ${chain}`;
}

function orderKey({ model, span, sizes, hidden }: StageOrder): string {
  return JSON.stringify([model, span, sizes, hidden]);
}

function isSame(a: StageOrder, b: StageOrder): boolean {
  return orderKey(a) === orderKey(b);
}
