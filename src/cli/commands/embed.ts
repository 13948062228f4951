import { finished, inputIds } from '../../engine/vectors/vectors.ts';
import { systemClock } from '../../engine/clock.ts';
import { HearthError } from '../../protocol/errors.ts';
import { Flags, GPU_FLAGS } from '../flags.ts';
import { loadEmbeddingModel } from '../load.ts';
import { readText } from './tokenize.ts';

/** Texts in one step at most. */
const SLOTS = 128;

/** `{vectors, dimensions, tokens}`: of a text, of each line of a file, or of token ids as they are. */
export async function embed(args: string[]) {
  const flags = new Flags(args, ['model', 'text', 'file', 'ids', 'dimensions', 'raw', ...GPU_FLAGS]);
  const inputs = await readInputs(flags);
  const model = await loadEmbeddingModel(flags, { slots: SLOTS, isExact: true });
  const dimensions = flags.integer('dimensions', model.dimensions, { min: 1, max: model.dimensions });
  const texts = await inputIds(model.file, inputs, systemClock);
  const vectors = await model.embed(
    { texts, origin: 'cli', lane: 'interactive' },
    (done) => process.stderr.write(`\r${done}/${texts.length} texts `),
    new AbortController().signal,
  );
  process.stderr.write('\n');
  return {
    vectors: vectors.map((vector) => [...finished(vector, { dimensions, normalise: !flags.has('raw') })]),
    dimensions,
    tokens: texts.reduce((sum, { length }) => sum + length, 0),
  };
}

async function readInputs(flags: Flags): Promise<string[] | number[][]> {
  const given = (['text', 'file', 'ids'] as const).filter((name) => flags.has(name));
  if (given.length !== 1) throw new HearthError('bad-input', 'Give exactly one of --text, --file and --ids.');
  if (flags.has('ids')) return [flags.ids('ids')];
  if (flags.has('text')) return [flags.required('text')];
  const lines = (await readText(flags.required('file'))).split(/\r?\n/).filter((line) => line !== '');
  if (lines.length > 0) return lines;
  throw new HearthError('bad-input', 'The file has no line with a text.');
}
