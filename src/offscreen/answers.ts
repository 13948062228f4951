import type { Stream } from '../channel/connect.ts';
import type { GenerateOutput, GeneratePart } from '../protocol/generate.ts';

export type AnswerStream = Stream<GeneratePart, GenerateOutput>;

/** Answers on their way, and the model that gives them. */
export interface Answering {
  model: string;
  streams: AnswerStream[];
}

export type AnswerEvent =
  | { index: number; part: GeneratePart; output?: undefined }
  | { index: number; part?: undefined; output: GenerateOutput };

/** Parts of several answers as they come, and the output of each behind its last. Leaving early cancels all of them. */
export async function* together(
  streams: readonly AnswerStream[],
): AsyncGenerator<AnswerEvent, void, undefined> {
  const iterators = streams.map((stream) => stream[Symbol.asyncIterator]());
  const next = async (index: number) => ({ index, result: await iterators[index]!.next() });
  const pending = new Map(iterators.map((_, index) => [index, next(index)]));
  try {
    while (pending.size > 0) {
      const { index, result } = await Promise.race(pending.values());
      if (result.done) {
        pending.delete(index);
        yield { index, output: await streams[index]!.output };
      } else {
        pending.set(index, next(index));
        yield { index, part: result.value };
      }
    }
  } finally {
    // One failure is told; what follows from it is not
    for (const promise of pending.values()) promise.catch(() => {});
    for (const iterator of iterators) await iterator.return?.();
  }
}

/** What several answers took together: their prompts once each, all that they wrote, and the longest times. */
export function totals(
  outputs: readonly GenerateOutput[],
  answersPerPrompt: number,
): Pick<GenerateOutput, 'usage' | 'timings' | 'stages'> {
  const sum = (of: readonly GenerateOutput[], count: (output: GenerateOutput) => number) =>
    of.reduce((total, output) => total + count(output), 0);
  const most = (ms: (output: GenerateOutput) => number) => Math.max(...outputs.map(ms));
  const prompts = outputs.filter((_, index) => index % answersPerPrompt === 0);
  const [first] = outputs;
  return {
    // Those of one model are cut alike
    ...(first?.stages ? { stages: first.stages } : {}),
    usage: {
      promptTokens: sum(prompts, ({ usage }) => usage.promptTokens),
      completionTokens: sum(outputs, ({ usage }) => usage.completionTokens),
      cachedTokens: sum(prompts, ({ usage }) => usage.cachedTokens),
      reasoningTokens: sum(outputs, ({ usage }) => usage.reasoningTokens ?? 0),
    },
    timings: {
      queuedMs: most(({ timings }) => timings.queuedMs),
      prefillMs: most(({ timings }) => timings.prefillMs),
      decodeMs: most(({ timings }) => timings.decodeMs),
    },
  };
}
