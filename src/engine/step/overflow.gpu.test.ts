// Activations past 65,504, which f32 holds and f16 does not.
import { expect, test } from 'vitest';
import { readGguf } from '../../../models/gguf/read-gguf.ts';
import { bytesSource } from '../../../test/golden/llama-reference.ts';
import { loadSource, run } from '../../../test/golden/engine.ts';
import { openGpu } from '../../../test/gpu.ts';
import { randomModel } from '../../cli/random-model.ts';

const half = await openGpu({ features: { f16: true, dp4a: false } });
const isHalf = half.has('shader-f16') && !half.isSoftware;

test.skipIf(!isHalf)(
  'a model that overflows f16 is computed in f32, and says so (skips where the GPU has no f16)',
  async () => {
    const bytes = randomModel('tiny', 'F16');
    const { tensors } = await readGguf(bytesSource(bytes));
    const { offset, sizeBytes } = tensors.get('blk.0.attn_norm.weight')!;
    new Float32Array(bytes.buffer, bytes.byteOffset + offset, sizeBytes / 4).fill(1e6);

    const single = await openGpu({ features: { f16: false, dp4a: false } });
    const exact = await loadSource(bytesSource(bytes), {}, { open: async () => single });
    const model = await loadSource(bytesSource(bytes), {}, { open: async () => half });
    const request = { ids: [1, 2, 3], maxTokens: 8 };
    expect((await run(model, request)).ids).toEqual((await run(exact, request)).ids);
    expect(model.notice).toMatch(/overflow f16/);
    expect(exact.notice).toBeUndefined();
  },
);
