import { matVecReference } from '../../kernels/mat-vec/reference.ts';
import { quantFormat } from '../../kernels/quants/index.ts';
import { dequantizeRows } from '../../kernels/quants/reference.ts';
import { readGguf } from '../../models/gguf/read-gguf.ts';

/** The logits after each token of a llama model, by its definition: in f64, one position after the other, nothing fused. */
export async function llamaReference(file: Uint8Array, ids: readonly number[]): Promise<Float64Array[]> {
  const { metadata, tensors } = await readGguf(bytesSource(file));
  const size = (name: string) => metadata.integer(`llama.${name}`);
  const dim = size('embedding_length');
  const heads = size('attention.head_count');
  const kvHeads = size('attention.head_count_kv');
  const headDim = size('attention.key_length');
  const base = metadata.number('llama.rope.freq_base');
  const eps = metadata.number('llama.attention.layer_norm_rms_epsilon');

  const read = new Map<string, Float64Array>();
  const tensor = (name: string): Float64Array => {
    const { type, offset, sizeBytes } = tensors.get(`${name}.weight`)!;
    const values =
      read.get(name) ?? dequantizeRows(quantFormat(type)!, file.slice(offset, offset + sizeBytes));
    read.set(name, values);
    return values;
  };
  const linear = (name: string, x: Float64Array) => {
    const w = tensor(name);
    return matVecReference(w, x, 1, x.length, w.length / x.length);
  };
  const norm = (name: string, x: Float64Array) => {
    const weight = tensor(name);
    const scale = 1 / Math.sqrt(x.reduce((sum, value) => sum + value ** 2, 0) / x.length + eps);
    return x.map((value, i) => value * scale * weight[i]!);
  };
  const rope = (x: Float64Array, position: number) => {
    const turned = x.slice();
    for (let i = 0; i < x.length; i += 2) {
      const angle = position * base ** (-(i % headDim) / headDim);
      turned[i] = x[i]! * Math.cos(angle) - x[i + 1]! * Math.sin(angle);
      turned[i + 1] = x[i]! * Math.sin(angle) + x[i + 1]! * Math.cos(angle);
    }
    return turned;
  };

  const blocks = Array.from({ length: size('block_count') }, () => ({
    keys: [] as Float64Array[],
    values: [] as Float64Array[],
  }));
  return ids.map((id, position) => {
    const x = tensor('token_embd').slice(id * dim, (id + 1) * dim);
    for (const [i, { keys, values }] of blocks.entries()) {
      const normed = norm(`blk.${i}.attn_norm`, x);
      const q = rope(linear(`blk.${i}.attn_q`, normed), position);
      keys.push(rope(linear(`blk.${i}.attn_k`, normed), position));
      values.push(linear(`blk.${i}.attn_v`, normed));
      add(x, linear(`blk.${i}.attn_output`, attend(q, keys, values)));

      const again = norm(`blk.${i}.ffn_norm`, x);
      const up = linear(`blk.${i}.ffn_up`, again);
      const gated = linear(`blk.${i}.ffn_gate`, again).map((g, j) => (g / (1 + Math.exp(-g))) * up[j]!);
      add(x, linear(`blk.${i}.ffn_down`, gated));
    }
    return linear(tensors.has('output.weight') ? 'output' : 'token_embd', norm('output_norm', x));
  });

  /** (heads, headDim); neighbouring heads of q share one of keys and values. */
  function attend(q: Float64Array, keys: Float64Array[], values: Float64Array[]): Float64Array {
    const out = new Float64Array(heads * headDim);
    for (let head = 0; head < heads; head++) {
      const shared = Math.floor((head * kvHeads) / heads) * headDim;
      const scores = keys.map((key) => {
        let score = 0;
        for (let d = 0; d < headDim; d++) score += q[head * headDim + d]! * key[shared + d]!;
        return Math.exp(score / Math.sqrt(headDim));
      });
      const total = scores.reduce((sum, score) => sum + score, 0);
      for (const [position, value] of values.entries())
        for (let d = 0; d < headDim; d++)
          out[head * headDim + d]! += (scores[position]! / total) * value[shared + d]!;
    }
    return out;
  }
}

/** A file that lies in memory. */
export function bytesSource(file: Uint8Array) {
  return {
    size: file.length,
    read: async (offset: number, length: number) => file.slice(offset, offset + length),
  };
}

function add(x: Float64Array, more: Float64Array): void {
  for (let i = 0; i < x.length; i++) x[i]! += more[i]!;
}
