import { expect, test } from 'vitest';
import { quantFormat } from '../../../kernels/quants/index.ts';
import { GGML_TYPES } from '../../../models/gguf/ggml-types.ts';
import type { TensorInfo } from '../../../models/gguf/read-gguf.ts';
import { randomModel } from '../../cli/random-model.ts';
import { layOutWeights } from './layout.ts';
import { readModelFile } from '../model-file.ts';

const bytes = randomModel('tiny', 'F16');
const { tensors } = await readModelFile({
  size: bytes.length,
  read: async (offset, length) => bytes.slice(offset, offset + length),
});

function leafOf(tensor: TensorInfo) {
  return { leaf: 'linear' as const, tensors: [tensor] };
}

test.each(GGML_TYPES.filter(({ name }) => !quantFormat(name)).map(({ name }) => name))(
  'a model with a tensor of %s is refused by name, with what is supported',
  (type) => {
    const embedding = leafOf({ ...tensors.embedding!.tensors[0]!, type });
    expect(() => layOutWeights({ ...tensors, embedding }, 2 ** 27)).toThrow(
      `The tensor "token_embd.weight" is ${type}, and Hearth computes with F32, F16, BF16`,
    );
  },
);

test('a row that no file of its type has is refused', () => {
  const embedding = leafOf({
    ...tensors.embedding!.tensors[0]!,
    type: 'Q2_K' as const,
    shape: [96, 4],
  });
  expect(() => layOutWeights({ ...tensors, embedding }, 2 ** 27)).toThrow(
    'The tensor "token_embd.weight" cannot be computed with: Rows of Q2_K have a multiple of 256 values, so not 96.',
  );
});
