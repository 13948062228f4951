import { HearthError } from '../../protocol/errors.ts';
import type { EmbedInput } from '../../protocol/embed.ts';
import { type Clock, sleep } from '../clock.ts';
import type { ModelFile } from '../model-file.ts';

/** Characters that are made tokens of without a pause, in which other pages' tokens go out. */
const CHARS_AT_ONCE = 50_000;

/** The tokens of each input, with those that the model wants around a text. Control tokens in texts are text. */
export async function inputIds(
  { tokenizer, config }: ModelFile,
  inputs: EmbedInput['inputs'],
  clock: Clock,
): Promise<number[][]> {
  const all: number[][] = [];
  let chars = 0;
  for (const [i, input] of inputs.entries()) {
    if (typeof input !== 'string') {
      const wrong = input.find((id) => id >= config.vocab);
      if (wrong !== undefined)
        throw new HearthError(
          'bad-input',
          `Token id ${wrong} of input ${i} is outside this model's vocabulary of ${config.vocab}.`,
        );
      all.push(input);
      continue;
    }
    const { contextLength } = config;
    if (input.length > contextLength * tokenizer.longestToken)
      throw new HearthError(
        'too-long',
        `Input ${i} has ${input.length} characters, more than the ${contextLength} tokens that this model reads at once can hold. Cut it into parts.`,
      );
    all.push(tokenizer.encode(input, { addSpecial: true }));
    chars += input.length;
    if (chars < CHARS_AT_ONCE) continue;
    chars = 0;
    await sleep(clock, 0);
  }
  return all;
}

/** What is asked for of a vector: its first `dimensions` values, of length 1 if `normalise`. Summed in f64. */
export function finished(
  vector: Float32Array,
  { dimensions, normalise }: Pick<EmbedInput, 'dimensions' | 'normalise'>,
): Float32Array {
  const cut = vector.slice(0, dimensions);
  let squares = 0;
  for (const value of cut) squares += value * value;
  if (!Number.isFinite(squares))
    throw new HearthError(
      'bad-model',
      'The model made a vector whose values are not numbers. Get another conversion or quantisation of it.',
    );
  // Nothing but zeros has no direction to keep
  return normalise && squares > 0 ? cut.map((value) => value / Math.sqrt(squares)) : cut;
}
