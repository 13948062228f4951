import type { PeerId } from '../../protocol/peer-id.ts';
import type { Clock } from '../clock.ts';

/** Whom a failure is put down to: a machine, or the way from one to another. */
export type Culprit = { peer: PeerId; to?: PeerId } | undefined;

/** A lap may take this many times what it should, and no less than LEAST_MS, before anybody is asked. */
const TOLERANCE = 4;
const LEAST_MS = 400;
/** How long the machines of a chain have to say how far they are. */
const ANSWER_MS = 300;
/** A machine that answers but does not get on is given up after so long without a step. */
const STUCK_MS = 1_200;
/** Or after so many times what the step should take, if that is longer: on a busy host all are slow. */
const STUCK_LAPS = 6;
/** Until a first step has come back nobody knows how slow the machines are: moving on too soon would never end. */
const STUCK_AT_FIRST_MS = 2_000;

export interface LateStepsOptions {
  clock: Clock;
  self: PeerId;
  /** The stages' machines, in order. */
  peers: readonly PeerId[];
  probe(peer: PeerId): void;
  onCulprit(why: string, culprit: Culprit): void;
}

/**
 * Notices a lap that is late, and finds out by whom: asks every stage how far it is. The first that does not answer is
 * gone; the first that has a step and does not hand it on is stuck; a step that one has handed on and the next has
 * not got was lost between them.
 */
export class LateSteps {
  readonly #options: LateStepsOptions;
  /** Steps under way, oldest first, with when each is due and how long it should take. */
  readonly #due = new Map<number, { at: number; expectedMs: number }>();
  /** When the oldest step became the oldest. */
  #oldestSince = 0;
  #answers: Map<PeerId, { received: number; done: number }> | undefined;
  #cancel: (() => void) | undefined;
  #stuckMs = STUCK_AT_FIRST_MS;

  constructor(options: LateStepsOptions) {
    this.#options = options;
  }

  expect(step: number, expectedMs: number): void {
    const now = this.#options.clock.now();
    if (this.#due.size === 0) this.#oldestSince = now;
    // It waits for those before it
    const before = Math.max(0, ...[...this.#due.values()].map(({ at }) => at));
    this.#due.set(step, { at: Math.max(now + LEAST_MS, before) + TOLERANCE * expectedMs, expectedMs });
    if (this.#due.size === 1) this.#arm();
  }

  came(step: number): void {
    this.#due.delete(step);
    this.#stuckMs = STUCK_MS;
    this.#answers = undefined;
    this.#oldestSince = this.#options.clock.now();
    this.#arm();
  }

  onProgress(peer: PeerId, { received, done }: { received: number; done: number }): void {
    this.#answers?.set(peer, { received, done });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#due.clear();
  }

  #arm(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const [oldest] = this.#due.values();
    if (oldest === undefined) return;
    const { clock } = this.#options;
    this.#cancel = clock.after(Math.max(0, oldest.at - clock.now()), () => this.#ask());
  }

  #ask(): void {
    const { clock, peers, probe } = this.#options;
    this.#answers = new Map();
    this.#cancel = clock.after(ANSWER_MS, () => this.#judge());
    for (const peer of peers) probe(peer);
  }

  #judge(): void {
    const { clock, onCulprit } = this.#options;
    const verdict = this.#verdict();
    // It computes: a slow step is no fault until it has been slow for long
    const [oldest] = this.#due.values();
    const patienceMs = Math.max(this.#stuckMs, STUCK_LAPS * (oldest?.expectedMs ?? 0));
    if (verdict.isWorking && clock.now() - this.#oldestSince < patienceMs) this.#ask();
    else onCulprit(verdict.why, verdict.culprit);
  }

  #verdict(): { why: string; culprit: Culprit; isWorking?: boolean } {
    const { peers, self } = this.#options;
    const [oldest] = this.#due.keys();
    let before = self;
    for (const peer of peers) {
      const answer = this.#answers?.get(peer);
      if (!answer) return { why: 'A machine of the chain has stopped answering.', culprit: { peer } };
      if (answer.received <= oldest!)
        return {
          why: 'A step was lost on its way between two machines.',
          culprit: { peer: before, to: peer },
        };
      if (answer.done <= oldest!)
        return { why: 'A machine of the chain has become too slow.', culprit: { peer }, isWorking: true };
      before = peer;
    }
    return { why: 'A result was lost on its way back.', culprit: { peer: before, to: self } };
  }
}
