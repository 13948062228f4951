import { toHalf } from '../../../kernels/kv/reference.ts';
import type { TensorContents } from '../../../models/gguf/write-gguf.ts';
import type { HfTensor } from './fixture.ts';

/** How a family keeps its experts' tensors on Hugging Face. */
export interface ExpertsForm {
  /** (experts, inputs, outputs), where others have the inputs last. */
  isTransposed?: true;
  /** Rows of gate and up take turns, where others have all of gate first. */
  isInterleaved?: true;
  /** What the stacks are written in; F16 if absent. */
  type?: 'MXFP4';
}

/** The experts' part of a block's tensors in GGUF; none if `module` is not of them. `start` is `blk.N.`. */
export function convertExperts(
  start: string,
  module: string,
  tensor: HfTensor,
  form: ExpertsForm,
): TensorContents[] | undefined {
  const [, kind, bias] = /experts\.(gate_up_proj|down_proj)(_bias)?$/.exec(module) ?? [];
  if (!kind) return undefined;
  const rows = bias ? tensor : form.isTransposed ? transposed(tensor) : tensor;
  const write = (name: string, { shape, values }: HfTensor): TensorContents => ({
    name: `${start}${name}.${bias ? 'bias' : 'weight'}`,
    shape: [...shape].reverse(),
    ...(bias ? inF32(values) : form.type === 'MXFP4' ? inMxfp4(values) : inF16(values)),
  });
  if (kind === 'down_proj') return [write('ffn_down_exps', rows)];
  return [write('ffn_gate_exps', halfOf(rows, 0, form)), write('ffn_up_exps', halfOf(rows, 1, form))];
}

/** Gate's rows (0) or up's (1) of (experts, 2 · rows, …). */
function halfOf({ shape, values }: HfTensor, half: 0 | 1, { isInterleaved }: ExpertsForm): HfTensor {
  const [experts, both, inputs = 1] = shape as [number, number, number?];
  const rows = both / 2;
  const out = new Float32Array(values.length / 2);
  for (let expert = 0; expert < experts; expert++)
    for (let row = 0; row < rows; row++) {
      const from = expert * both + (isInterleaved ? 2 * row + half : half * rows + row);
      out.set(values.subarray(from * inputs, (from + 1) * inputs), (expert * rows + row) * inputs);
    }
  return { shape: [experts, rows, ...shape.slice(2)], values: out };
}

function transposed({ shape, values }: HfTensor): HfTensor {
  const [experts, inputs, outputs] = shape as [number, number, number];
  const size = inputs * outputs;
  const at = (i: number) =>
    Math.floor(i / size) * size + (i % inputs) * outputs + Math.floor((i % size) / inputs);
  return { shape: [experts, outputs, inputs], values: values.map((_, i) => values[at(i)]!) };
}

export function inF32(values: Float32Array): Pick<TensorContents, 'type' | 'data'> {
  return { type: 'F32', data: new Uint8Array(Float32Array.from(values).buffer) };
}

export function inF16(values: Float32Array): Pick<TensorContents, 'type' | 'data'> {
  return { type: 'F16', data: new Uint8Array(Uint16Array.from(values, toHalf).buffer) };
}

/** What E2M1 holds, by its bits without the sign. */
const E2M1 = [0, 0.5, 1, 1.5, 2, 3, 4, 6];

/** Each 32 values as an exponent and 16 bytes, value i in a low nibble and value 16 + i in the high one. They must be numbers that MXFP4 holds. */
function inMxfp4(values: Float32Array): Pick<TensorContents, 'type' | 'data'> {
  const data = new Uint8Array((values.length / 32) * 17);
  for (let block = 0; block < values.length / 32; block++) {
    const of = values.subarray(32 * block, 32 * block + 32);
    const largest = Math.max(...of.map(Math.abs));
    // The largest becomes 4 or 6
    const exponent = largest === 0 ? 0 : Math.floor(Math.log2(largest)) - 2;
    data[17 * block] = exponent + 127;
    for (const [i, value] of of.entries()) {
      const bits = E2M1.indexOf(Math.abs(value) / 2 ** exponent);
      if (bits < 0) throw new Error(`MXFP4 does not hold ${value} beside ${largest}`);
      data[17 * block + 1 + (i % 16)]! |= (bits | (value < 0 ? 8 : 0)) << (i < 16 ? 0 : 4);
    }
  }
  return { type: 'MXFP4', data };
}
