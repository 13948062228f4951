import { rmsNormReference } from '../rms-norm/reference.ts';

/** qkv (rows, heads + 2 kvHeads, headDim) → the same with each head of q and k normalised, in f64. */
export function headNormReference(
  qkv: Float32Array,
  qWeight: Float32Array,
  kWeight: Float32Array,
  { heads, kvHeads, headDim, eps }: { heads: number; kvHeads: number; headDim: number; eps: number },
): Float64Array {
  const out = Float64Array.from(qkv);
  for (let start = 0; start < qkv.length; start += headDim) {
    const head = (start / headDim) % (heads + 2 * kvHeads);
    if (head >= heads + kvHeads) continue;
    const weight = head < heads ? qWeight : kWeight;
    out.set(rmsNormReference(qkv.subarray(start, start + headDim), weight, 1, headDim, eps), start);
  }
  return out;
}
