import type { EmbedInput, EmbedOutput } from '../../protocol/embed.ts';
import { HearthError } from '../../protocol/errors.ts';
import * as limits from '../../protocol/limits.ts';
import * as f from './fields.ts';
import { checkUntold } from './untold.ts';

export type EmbeddingEncoding = 'float' | 'base64';

/** A request to the endpoint in OpenAI's shape, whose vectors have length 1. */
export function parseEmbeddings(body: unknown): { input: EmbedInput; encoding: EmbeddingEncoding } {
  const { encoding_format: encoding = 'float', user, ...all } = f.fields(body, 'request');
  if (!f.isAbsent(encoding) && encoding !== 'float' && encoding !== 'base64')
    throw new f.FieldError('encoding_format', 'must be "float" or "base64"');
  checkUntold({ user });
  return { input: { ...parseEmbed(all), normalise: true }, encoding: encoding ?? 'float' };
}

/** A request of `hearth.embed`. */
export function parseEmbed(body: unknown): EmbedInput {
  const { model, input, dimensions, normalise, ...others } = f.fields(body, 'request');
  for (const [field, value] of Object.entries(others))
    if (!f.isAbsent(value))
      throw new f.FieldError(field, 'is something that Hearth cannot follow here: leave it out');
  return {
    model: f.optionalString({ model }, 'model', limits.MAX_MODEL_ID_CHARS),
    inputs: parseInputs(input),
    dimensions: f.optionalInteger({ dimensions }, 'dimensions', 1, limits.MAX_DIMENSIONS),
    normalise: f.isAbsent(normalise) || f.optionalFlag({ normalise }, 'normalise'),
  };
}

/** OpenAI's list of vectors. */
export function embeddingList({ model, vectors, usage }: EmbedOutput, encoding: EmbeddingEncoding): object {
  return {
    object: 'list',
    data: vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: encoding === 'float' ? [...vector] : toBase64(vector),
    })),
    model,
    usage: { prompt_tokens: usage.promptTokens, total_tokens: usage.promptTokens },
  };
}

/** One text or several, one text's ids or several texts'. */
function parseInputs(value: unknown): EmbedInput['inputs'] {
  const list = typeof value === 'string' ? [value] : f.elements(value);
  const inputs = list && (list.every(isId) ? [list] : list);
  if (!inputs || inputs.length === 0 || inputs.length > limits.MAX_EMBEDDING_INPUTS)
    throw new f.FieldError('input', `must be one text or an array of 1 to ${limits.MAX_EMBEDDING_INPUTS}`);
  const texts = inputs.filter((one) => typeof one === 'string' && one.length > 0) as string[];
  if (texts.length === inputs.length) return checked(texts);
  const ids = inputs.map(parseIds).filter((one) => one !== undefined);
  if (ids.length === inputs.length) return checked(ids);
  throw new f.FieldError(
    'input',
    'must be texts or arrays of token ids, all of one kind and none of them empty',
  );
}

function parseIds(value: unknown): number[] | undefined {
  const ids = f.elements(value);
  return ids && ids.length > 0 && ids.every(isId) ? ids : undefined;
}

function isId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32;
}

/** A token is a character or more, as a rule: one bound serves both. */
function checked<Input extends { length: number }>(inputs: Input[]): Input[] {
  const total = inputs.reduce((sum, { length }) => sum + length, 0);
  if (total <= limits.MAX_PROMPT_CHARS) return inputs;
  throw new HearthError(
    'too-long',
    `The inputs are ${total} long together; more than ${limits.MAX_PROMPT_CHARS} characters or ids are not taken at once. Send them in several requests.`,
  );
}

/** Of its values in f32, little-endian. */
function toBase64(vector: Float32Array): string {
  const bytes = new Uint8Array(vector.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of vector.entries()) view.setFloat32(4 * i, value, true);
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
