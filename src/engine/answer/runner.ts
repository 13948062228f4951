import { HearthError } from '../../protocol/errors.ts';
import type { GeneratePart } from '../../protocol/generate.ts';
import { Answer, type RunOutput, type RunRequest } from './answer.ts';
import type { Clock } from '../clock.ts';
import { StepLoop, type StepLoopParts } from '../schedule/step-loop.ts';
import type { StepResult } from '../schedule/stepper.ts';
import { type SampledToken, type TextDecoder, TokenStream } from '../text/stream.ts';

export interface RunnerOptions extends StepLoopParts<StepResult> {
  clock: Clock;
  /** Ids that end an answer. They are neither sent nor counted as text. */
  endIds: ReadonlySet<number>;
  newDecoder(): TextDecoder;
}

/** The answers that one loaded model is making: takes requests, streams what their steps give. */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #loop: StepLoop<StepResult>;
  readonly #answers = new Map<number, Answer>();
  #nextId = 1;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#loop = new StepLoop({
      ...options,
      onScheduled: ({ id }) => this.#answers.get(id)?.onScheduled(),
      onOutput: ({ id }, result, index, aside) => this.#take(this.#answers.get(id), result, index, aside),
      onFailure: (error) => {
        for (const answer of [...this.#answers.values()]) this.#end(answer, () => answer.fail(error));
      },
    });
  }

  get answers(): Iterable<Answer> {
    return this.#answers.values();
  }

  get isIdle(): boolean {
    return this.#answers.size === 0;
  }

  /** Resolves when the reader has the whole answer; rejects with `cancelled` once the signal aborts. */
  async run(
    request: RunRequest,
    send: (part: GeneratePart) => Promise<void>,
    signal: AbortSignal,
  ): Promise<RunOutput> {
    const { plan, clock, endIds, newDecoder } = this.#options;
    if (request.ids.length === 0)
      throw new HearthError('bad-input', 'The prompt is empty: it has no tokens.');
    if (request.ids.length >= plan.contextLength) {
      throw new HearthError(
        'too-long',
        `The prompt has ${request.ids.length} tokens, but prompt and answer together may have ${plan.contextLength}.`,
      );
    }
    const keepTokens = request.shift?.keepTokens ?? 0;
    if (keepTokens > plan.contextLength / 2)
      throw new HearthError(
        'bad-input',
        `The context shift is to keep ${keepTokens} tokens, more than half of the ${plan.contextLength} that prompt and answer together may have. Keep fewer, or leave the shift out.`,
      );
    signal.throwIfAborted();

    const answer = new Answer(this.#nextId++, request, plan.contextLength, clock, endIds);
    const stream = new TokenStream({
      decoder: request.answerDecoder ?? newDecoder(),
      hasPieces: request.answerDecoder !== undefined,
      maxToolCalls: request.maxToolCalls,
      bytesOf: request.bytesOf,
      stop: request.stop,
      clock,
      send,
      onPause: (isPaused) => {
        answer.sequence.isPaused = isPaused;
        this.#loop.wakeUp();
      },
      onError: (error) => this.#end(answer, () => answer.fail(error)),
    });
    answer.onText = ({ id, logprob }, likeliest) => {
      if (!request.bytesOf || logprob !== undefined) return stream.push(id, logprob, likeliest);
      this.#end(answer, () => answer.fail(noLogprobs()));
      return false;
    };
    const { drafts } = answer.sequence;
    if (drafts) drafts.onReady = () => this.#loop.wakeUp();
    answer.onChange = (change) => this.#loop.restart(answer.sequence, change);
    answer.onError = (error) => this.#end(answer, () => answer.fail(error));
    answer.onEnd = (reason) => this.#end(answer, () => answer.finish(reason));

    const abort = () =>
      this.#end(answer, () => answer.fail(new HearthError('cancelled', 'The call was cancelled.')));
    signal.addEventListener('abort', abort, { once: true });
    try {
      this.#answers.set(answer.sequence.id, answer);
      await request.prepare?.();
      // It may have been cancelled meanwhile
      if (this.#answers.has(answer.sequence.id)) this.#loop.add(answer.sequence);
      const finishReason = await answer.ended;
      await stream.end();
      const { reasoningTokens } = stream;
      const usage = request.answerDecoder ? { ...answer.usage, reasoningTokens } : answer.usage;
      const { stop } = stream;
      return { finishReason, stop, usage, timings: answer.timings, steps: answer.steps };
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** Ends every answer, or those of one origin; says how many. */
  stop(origin: string | undefined): number {
    const ended = [...this.#answers.values()].filter(
      (answer) => origin === undefined || answer.sequence.origin === origin,
    );
    for (const answer of ended)
      this.#end(answer, () => answer.fail(new HearthError('cancelled', 'The user stopped this answer.')));
    // Who stops a site wants nothing of it left
    this.#loop.forget(origin);
    return ended.length;
  }

  /** Texts that ended answers left in the cache. */
  get kept(): StepLoop<StepResult>['kept'] {
    return this.#loop.kept;
  }

  /** Pages have been given back. */
  wakeUp(): void {
    this.#loop.wakeUp();
  }

  get msPerRow(): number {
    return this.#loop.msPerRow;
  }

  /** Forgets what ended answers left in the cache. */
  forget(): void {
    this.#loop.forget(undefined);
  }

  #take(answer: Answer | undefined, result: StepResult, index: number, aside: number | undefined): void {
    if (!answer) return;
    const { ids, logprobs } = result;
    const likeliest = result.likeliest?.[index]?.slice(0, answer.sequence.likeliest ?? 0);
    const token = (at: number): SampledToken => ({ id: ids[at]!, logprob: logprobs?.[at] });
    if (Number.isNaN(logprobs?.[index])) this.#end(answer, () => answer.fail(notFinite()));
    else if (aside === undefined) answer.take({ free: token(index), likeliest });
    else answer.take({ free: token(aside), masked: token(index), likeliest });
  }

  #end(answer: Answer, settle: () => void): void {
    if (!this.#answers.delete(answer.sequence.id)) return;
    this.#loop.remove(answer.sequence);
    answer.sequence.hold?.dispose();
    answer.sequence.drafts?.dispose();
    settle();
  }
}

function noLogprobs(): HearthError {
  return new HearthError(
    'not-supported',
    'Log-probabilities are there only where a GPU of this machine computes the whole model. Ask again without them.',
  );
}

function notFinite(): HearthError {
  return new HearthError(
    'internal',
    'The model’s numbers are not finite, so that no token can be chosen. Its file is probably damaged: remove the model and download it again.',
  );
}
