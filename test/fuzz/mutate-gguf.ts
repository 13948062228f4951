import { readGguf } from '../../models/gguf/read-gguf.ts';
import { GGML_TYPES } from '../../models/gguf/ggml-types.ts';
import type { GgufValue } from '../../models/gguf/values.ts';
import { type GgufContents, type TensorContents, writeGguf } from '../../models/gguf/write-gguf.ts';
import type { Random } from './random.ts';

const NUMBERS = [
  0,
  1,
  2,
  3,
  7,
  32,
  63,
  64,
  255,
  1024,
  2 ** 20,
  2 ** 31,
  2 ** 32 - 1,
  -1,
  0.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
];
const SIZES = [1, 2, 31, 32, 33, 64, 255, 256, 2 ** 20, 2 ** 32, 2 ** 53, 0];

interface Parts {
  metadata: [string, GgufValue][];
  tensors: TensorContents[];
}

/** The contents of a file that can be read; undefined of any other. */
async function contentsOf(bytes: Uint8Array): Promise<Parts | undefined> {
  try {
    const { metadata, tensors } = await readGguf({
      size: bytes.length,
      read: async (offset, length) => bytes.slice(offset, offset + length),
    });
    return {
      metadata: [...metadata.entries],
      tensors: [...tensors.values()].map(({ offset, sizeBytes, ...tensor }) => ({
        ...tensor,
        data: bytes.slice(offset, offset + sizeBytes),
      })),
    };
  } catch {
    return undefined;
  }
}

type Change = (parts: Parts, random: Random, words: readonly string[]) => void;

const CHANGES: readonly Change[] = [
  ({ metadata }, random, words) => {
    const entry = random.of(metadata);
    if (entry) entry[1] = randomValue(random, words);
  },
  ({ metadata }, random, words) => void metadata.push([random.of(words), randomValue(random, words)]),
  ({ metadata }, random) => void metadata.splice(random.below(metadata.length), 1),
  ({ metadata }, random) => {
    const { value } = random.of(metadata)?.[1] ?? {};
    if (Array.isArray(value)) value.length = random.below(value.length + 2);
  },
  ({ metadata }, random, words) => {
    const { value } = random.of(metadata)?.[1] ?? {};
    if (Array.isArray(value) && typeof value[0] === 'string')
      value[random.below(value.length)] = random.of(words);
    else if (ArrayBuffer.isView(value))
      (value as Float32Array)[random.below(value.byteLength)] = random.of(NUMBERS);
  },
  ({ tensors }, random) => void tensors.splice(random.below(tensors.length), 1),
  ({ tensors }, random) => {
    const tensor = random.of(tensors);
    if (tensor) tensor.shape = Array.from({ length: 1 + random.below(4) }, () => random.of(SIZES));
  },
  ({ tensors }, random) => {
    const tensor = random.of(tensors);
    if (tensor) tensor.type = random.of(GGML_TYPES).name;
  },
  ({ tensors }, random, words) => {
    const tensor = random.of(tensors);
    if (tensor) tensor.name = random.of([random.of(words), random.of(tensors)!.name]);
  },
];

function randomValue(random: Random, words: readonly string[]): GgufValue {
  const type = random.of(['uint32', 'int32', 'float32', 'bool', 'string', 'strings', 'numbers'] as const);
  switch (type) {
    case 'bool':
      return { type, value: random.below(2) === 1 };
    case 'string':
      return { type, value: random.of(words) };
    case 'strings':
      return {
        type: 'array',
        of: 'string',
        value: Array.from({ length: random.below(80) }, () => random.of(words)),
      };
    case 'numbers':
      return {
        type: 'array',
        of: 'float32',
        value: Float32Array.from({ length: random.below(80) }, () => random.of(NUMBERS)),
      };
    default:
      return { type, value: random.of(NUMBERS) };
  }
}

/** Changes what the file says rather than its bytes, so that what is behind the first checks is reached. */
export async function mutateGguf(
  bytes: Uint8Array,
  random: Random,
  words: readonly string[],
): Promise<Uint8Array | undefined> {
  const parts = await contentsOf(bytes);
  if (!parts) return undefined;
  for (let left = 1 + random.below(3); left > 0; left--) random.of(CHANGES)(parts, random, words);
  // Only what the writer can write: an alignment that is no power of two, it cannot
  return writeGguf({
    ...parts,
    metadata: parts.metadata.filter(([key]) => key !== 'general.alignment'),
  } as GgufContents);
}
