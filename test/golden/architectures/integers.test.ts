import { expect, test } from 'vitest';
import { fromHalf, toHalf } from '../../../kernels/kv/reference.ts';
import { openGpu, relativeError } from '../../gpu.ts';
import { loadSource } from '../engine.ts';
import { convert, type Converted, toFile } from './convert.ts';
import { readFixture } from './fixture.ts';

// Of the families, the one that has most beside what all have
test('gemma3: logits in int8 are those in f32 but for the rounding of activations', async () => {
  const { weights, tokens, cases } = readFixture('gemma3_text');
  const file = inQ8(convert('gemma3_text', ...cut(weights, cases[0]!.config)));
  const rowsWith = async (dp4a: boolean) => {
    const device = openGpu({ features: { dp4a } });
    const model = await loadSource(toFile(file), { slots: 1 }, { open: () => device });
    expect(model.variants.integers).toBe(dp4a ? 'dp4a' : 'none');
    // A prompt of many rows, then one row alone
    const many = await model.logits(tokens.slice(0, 12), false);
    const one = await model.logits(tokens.slice(0, 1), false);
    await model.dispose();
    return [...many, ...one];
  };
  const [integers, floats] = [await rowsWith(true), await rowsWith(false)];
  for (const [i, row] of integers.entries()) expect(relativeError(row, floats[i]!)).toBeLessThan(0.03);
});

type Parts = [weights: Parameters<typeof convert>[1], config: Parameters<typeof convert>[2]];

/** The model's first two blocks, with the first 32 of their feed-forward's inner values: whole units of 32 throughout. */
function cut(weights: Parts[0], config: Parts[1]): Parts {
  const inner = 32;
  const kept = [...weights].filter(([name]) => !/layers\.[2-9]\./.test(name));
  const narrow = kept.map(([name, tensor]): [string, typeof tensor] => {
    const [rows, columns] = tensor.shape as [number, number];
    if (/gate_proj|up_proj/.test(name))
      return [name, { shape: [inner, columns], values: tensor.values.slice(0, inner * columns) }];
    if (!name.includes('down_proj')) return [name, tensor];
    const values = tensor.values.filter((_, i) => i % columns < inner);
    return [name, { shape: [rows, inner], values }];
  });
  return [new Map(narrow), { ...config, num_hidden_layers: 2, intermediate_size: inner }];
}

/** Every matrix in Q8_0: each 32 values as a scale in f16 and integers up to 127. */
function inQ8({ metadata, tensors }: Converted): Converted {
  return {
    metadata,
    tensors: tensors.map((tensor) => {
      if (tensor.type !== 'F16') return tensor;
      const values = Float32Array.from(new Uint16Array(tensor.data.buffer), fromHalf);
      const data = new Uint8Array((values.length / 32) * 34);
      const view = new DataView(data.buffer);
      for (let block = 0; block < values.length / 32; block++) {
        const of = values.slice(32 * block, 32 * block + 32);
        const scale = Math.max(...of.map(Math.abs)) / 127;
        view.setUint16(34 * block, toHalf(scale), true);
        for (const [i, value] of of.entries()) view.setInt8(34 * block + 2 + i, Math.round(value / scale));
      }
      return { ...tensor, type: 'Q8_0', data };
    }),
  };
}
