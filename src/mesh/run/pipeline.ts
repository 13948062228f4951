import { HearthError } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/peer-id.ts';
import type { ChainResult, ModelOrigin, StageChain, StageOrder, StageStep } from '../../protocol/stage.ts';
import type { Clock } from '../clock.ts';
import type { MeshLane } from '../link.ts';
import { encodeActivation, type IdsFrame } from '../messages/activation.ts';
import { type ControlMessage, encodeControl } from '../messages/control.ts';
import { InOrder } from './in-order.ts';
import { type Culprit, LateSteps } from './late-steps.ts';

/** A stage that is being opened says something at least this often. */
const OPENING_SILENCE_MS = 1_500;

export interface PipelineStage {
  peer: PeerId;
  order: StageOrder;
}

/** One lap of a step, as it was measured. */
export interface Lap {
  rows: number;
  ms: number;
  /** What each stage computed for. */
  stageMs: number[];
}

export interface PipelineOptions {
  self: PeerId;
  clock: Clock;
  chain: number;
  epoch: number;
  stages: readonly PipelineStage[];
  vocab: number;
  /** Where machines without the model have it from. */
  origin: ModelOrigin;
  send(peer: PeerId, lane: MeshLane, frame: Uint8Array<ArrayBuffer>): void;
  /** How long a lap of so many rows should take, in milliseconds. */
  expectedMs(rows: number): number;
  onLap(lap: Lap): void;
  /** Called once, when nothing more will come of this epoch. */
  onFailure(why: string, culprit: Culprit): void;
}

interface StepInFlight {
  outputs: number;
  rows: number;
  sentAt: number;
  resolve(result: ChainResult): void;
  reject(error: HearthError): void;
}

type Opening = { ready: Set<PeerId>; resolve(): void; reject(error: HearthError): void };
type Answer = Extract<ControlMessage, { chain: number; epoch: number }>;

/**
 * One epoch of a chain of stages, seen from who asks: opens them, sends steps to the first, takes ids from the last. It
 * lives until the first thing goes wrong; then every step under way fails with `device-lost`, and another epoch
 * computes from the tokens what is lost.
 */
export class Pipeline implements StageChain {
  readonly depth: number;
  readonly #options: PipelineOptions;
  readonly #steps = new Map<number, StepInFlight>();
  readonly #frames = new InOrder<IdsFrame>();
  readonly #late: LateSteps;
  #opening: Opening | undefined;
  #nextStep = 0;
  #failure: HearthError | undefined;
  #cancelOpening: (() => void) | undefined;

  constructor(options: PipelineOptions) {
    this.#options = options;
    const { stages, self, clock } = options;
    // One more than stages, so that the way between them is filled too
    this.depth = stages.length + (stages.some(({ peer }) => peer !== self) ? 1 : 0);
    this.#late = new LateSteps({
      clock,
      self,
      peers: stages.map(({ peer }) => peer),
      probe: (peer) => this.#tell(peer, { kind: 'probe', ...this.#id }),
      onCulprit: (why, culprit) => this.fail(why, culprit),
    });
  }

  get epoch(): number {
    return this.#options.epoch;
  }

  get peers(): PeerId[] {
    return this.#options.stages.map(({ peer }) => peer);
  }

  get isAlive(): boolean {
    return this.#failure === undefined;
  }

  /** Resolves when every stage is ready; rejects with `device-lost` when one of them will not be. */
  open(): Promise<void> {
    const { stages, self, origin } = this.#options;
    return new Promise((resolve, reject) => {
      this.#opening = { ready: new Set(), resolve, reject };
      this.#waitForOpening();
      for (const [i, { peer, order }] of stages.entries()) {
        const [from, to] = [stages[i - 1]?.peer ?? self, stages[i + 1]?.peer ?? self];
        this.#tell(peer, { kind: 'open', ...this.#id, order, origin, from, to, isStandby: false });
      }
    });
  }

  run(step: StageStep): Promise<ChainResult> {
    if (this.#failure) return Promise.reject(this.#failure);
    const { stages, self, clock, send, expectedMs } = this.#options;
    const number = this.#nextStep++;
    return new Promise((resolve, reject) => {
      const outputs = step.rows.filter(({ isOutput }) => isOutput).length;
      const rows = step.rows.length;
      this.#steps.set(number, { outputs, rows, sentAt: clock.now(), resolve, reject });
      this.#late.expect(number, expectedMs(rows));
      const frame = encodeActivation({
        kind: 'rows',
        ...this.#id,
        step: number,
        coordinator: self,
        spentUs: [],
        type: stages[0]!.order.hidden,
        ...step,
        hidden: undefined,
      });
      send(stages[0]!.peer, 'activation', frame);
    });
  }

  /** Ends this epoch; what is under way fails with `device-lost`. */
  fail(why: string, culprit: Culprit): void {
    if (this.#failure) return;
    this.#failure = new HearthError('device-lost', why);
    this.#cancelOpening?.();
    this.#late.stop();
    this.#opening?.reject(this.#failure);
    for (const step of this.#steps.values()) step.reject(this.#failure);
    this.#steps.clear();
    this.#options.onFailure(why, culprit);
  }

  close(): void {
    for (const peer of this.peers) this.#tell(peer, { kind: 'close', chain: this.#options.chain });
    this.fail('The chain was closed.', undefined);
  }

  onAnswer(peer: PeerId, answer: Answer): void {
    if (this.#failure || answer.epoch !== this.#options.epoch || !this.peers.includes(peer)) return;
    switch (answer.kind) {
      case 'loading':
        this.#waitForOpening();
        break;
      case 'ready':
        this.#onReady(peer);
        break;
      case 'refused':
        this.fail(answer.why, { peer });
        break;
      case 'failed':
        this.fail(answer.why, answer.isInput ? { peer: this.#before(peer), to: peer } : { peer });
        break;
      case 'progress':
        this.#late.onProgress(peer, answer);
        break;
    }
  }

  onIds(peer: PeerId, frame: IdsFrame): void {
    if (this.#failure || frame.epoch !== this.#options.epoch) return;
    if (peer !== this.peers.at(-1)) {
      this.fail('A machine that is not the last of the chain sent its result.', { peer });
      return;
    }
    const due = this.#frames.take(frame.step, frame);
    if (!due || frame.step >= this.#nextStep) {
      this.fail('Results came out of order.', { peer });
      return;
    }
    for (const next of due) this.#settle(peer, next);
  }

  #settle(peer: PeerId, { step: number, ids, spentUs }: IdsFrame): void {
    const { clock, stages, vocab, onLap } = this.#options;
    const step = this.#steps.get(number);
    // An earlier frame of the same batch was at fault
    if (!step) return;
    if (ids.length !== step.outputs || spentUs.length !== stages.length || ids.some((id) => id >= vocab)) {
      this.fail('A result does not fit the step that it is for.', { peer });
      return;
    }
    this.#steps.delete(number);
    this.#late.came(number);
    const stageMs = spentUs.map((us) => us / 1000);
    onLap({ rows: step.rows, ms: clock.now() - step.sentAt, stageMs });
    step.resolve({ ids, busyMs: Math.max(...stageMs) });
  }

  #onReady(peer: PeerId): void {
    this.#opening?.ready.add(peer);
    if (this.#opening && this.#opening.ready.size === this.peers.length) {
      this.#cancelOpening?.();
      this.#opening.resolve();
      this.#opening = undefined;
    } else this.#waitForOpening();
  }

  #waitForOpening(): void {
    this.#cancelOpening?.();
    if (!this.#opening) return;
    this.#cancelOpening = this.#options.clock.after(OPENING_SILENCE_MS, () => {
      const silent = this.peers.find((peer) => !this.#opening?.ready.has(peer));
      this.fail('A machine did not answer when it was asked for a stage.', silent && { peer: silent });
    });
  }

  #before(peer: PeerId): PeerId {
    return this.peers[this.peers.indexOf(peer) - 1] ?? this.#options.self;
  }

  get #id() {
    return { chain: this.#options.chain, epoch: this.#options.epoch };
  }

  #tell(peer: PeerId, message: ControlMessage): void {
    this.#options.send(peer, 'control', encodeControl(message));
  }
}
