import type { RunningSequence } from '../../protocol/engine-calls.ts';
import { HearthError } from '../../protocol/errors.ts';
import { GREEDY, type Lane } from '../../protocol/generate.ts';
import type { Sequence } from '../schedule/sequence.ts';
import { StepLoop, type StepLoopParts } from '../schedule/step-loop.ts';
import type { VectorsResult } from './vector-step.ts';

export interface EmbedRequest {
  /** The tokens of each text. */
  texts: readonly (readonly number[])[];
  origin: string;
  lane: Lane;
  /** Its texts are nobody else's, whoever has the same origin. */
  isPrivate?: boolean | undefined;
}

/** One request on its way. */
interface Job {
  id: number;
  request: EmbedRequest;
  vectors: (Float32Array | undefined)[];
  /** The first text that no step has been asked for. */
  next: number;
  doneTexts: number;
  open: Map<Sequence, number>;
  onProgress(doneTexts: number): void;
  finish(): void;
  fail(error: unknown): void;
}

/**
 * The texts that one loaded model makes vectors of: those of all pages share its steps, each a sequence that is over with
 * its one output. A request has no more of them before the scheduler than a step can take.
 */
export class Embedder {
  readonly #parts: StepLoopParts<VectorsResult>;
  readonly #loop: StepLoop<VectorsResult>;
  readonly #jobs = new Set<Job>();
  readonly #owners = new Map<number, Job>();
  #nextId = 1;

  constructor(parts: StepLoopParts<VectorsResult>) {
    this.#parts = parts;
    this.#loop = new StepLoop({
      ...parts,
      onScheduled() {},
      onOutput: (sequence, { vectors }, index) => this.#take(sequence, vectors[index]!),
      onFailure: (error) => {
        for (const job of [...this.#jobs]) this.#end(job, () => job.fail(error));
      },
    });
  }

  /** A vector (dim) of each text, in order. Fails with `too-long` before anything is computed if one of them is. */
  async embed(
    request: EmbedRequest,
    onProgress: (doneTexts: number) => void,
    signal: AbortSignal,
  ): Promise<Float32Array[]> {
    this.#check(request.texts);
    signal.throwIfAborted();
    const job: Job = {
      id: this.#nextId++,
      request,
      vectors: request.texts.map(() => undefined),
      next: 0,
      doneTexts: 0,
      open: new Map(),
      onProgress,
      finish() {},
      fail() {},
    };
    const ended = new Promise<void>((finish, fail) => Object.assign(job, { finish, fail }));
    const abort = () =>
      this.#end(job, () => job.fail(new HearthError('cancelled', 'The call was cancelled.')));
    signal.addEventListener('abort', abort, { once: true });
    try {
      this.#jobs.add(job);
      this.#feed(job);
      await ended;
      return job.vectors as Float32Array[];
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** What the user's screens show of a request, by model. */
  get running(): Iterable<{ status(model: string): RunningSequence }> {
    return [...this.#jobs].map(({ id, request, next }) => ({
      status: (model) => ({
        id,
        origin: request.origin,
        model,
        phase: next > 0 ? 'prefill' : 'waiting',
        promptTokens: request.texts.reduce((sum, { length }) => sum + length, 0),
        completionTokens: 0,
        tokensPerSecond: 0,
      }),
    }));
  }

  /** Ends every request, or those of one origin; says how many. */
  stop(origin: string | undefined): number {
    const ended = [...this.#jobs].filter(({ request }) => origin === undefined || request.origin === origin);
    for (const job of ended)
      this.#end(job, () => job.fail(new HearthError('cancelled', 'The user stopped this request.')));
    this.#loop.forget(origin);
    return ended.length;
  }

  #check(texts: EmbedRequest['texts']): void {
    const { contextLength } = this.#parts.plan;
    for (const [i, { length }] of texts.entries()) {
      if (length === 0)
        throw new HearthError('bad-input', `Input ${i} is empty: it has no tokens. Leave it out.`);
      if (length > contextLength)
        throw new HearthError(
          'too-long',
          `Input ${i} has ${length} tokens, and this model reads up to ${contextLength} at once. Cut it into parts.`,
        );
    }
  }

  /** Texts that a step may take, no more: thousands would cost the scheduler at every step. */
  #feed(job: Job): void {
    const { texts, origin, lane, isPrivate } = job.request;
    while (job.next < texts.length && job.open.size < this.#parts.plan.slots) {
      const tokens = [...texts[job.next]!];
      const sequence: Sequence = {
        id: this.#nextId++,
        origin,
        lane,
        isPrivate,
        sampling: GREEDY,
        promptLength: tokens.length,
        // With the one output that a text has
        maxLength: tokens.length + 1,
        tokens,
        scheduled: 0,
        epoch: 0,
        slot: undefined,
        pages: [],
        cachedTokens: undefined,
        isPaused: false,
        isDone: false,
      };
      job.open.set(sequence, job.next++);
      this.#owners.set(sequence.id, job);
      this.#loop.add(sequence);
    }
  }

  #take(sequence: Sequence, vector: Float32Array): void {
    const job = this.#owners.get(sequence.id);
    const index = job?.open.get(sequence);
    if (!job || index === undefined) return;
    job.vectors[index] = vector;
    job.doneTexts += 1;
    this.#close(job, sequence);
    if (job.doneTexts === job.vectors.length) this.#end(job, job.finish);
    else this.#feed(job);
    job.onProgress(job.doneTexts);
  }

  #close(job: Job, sequence: Sequence): void {
    job.open.delete(sequence);
    this.#owners.delete(sequence.id);
    this.#loop.remove(sequence);
  }

  #end(job: Job, settle: () => void): void {
    if (!this.#jobs.delete(job)) return;
    for (const sequence of [...job.open.keys()]) this.#close(job, sequence);
    settle();
  }
}
