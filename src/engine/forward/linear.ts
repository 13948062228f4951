import { quantize, rmsNormQuantize } from '../../../kernels/quantize/quantize.ts';
import { rmsNorm } from '../../../kernels/rms-norm/rms-norm.ts';
import { rowScale } from '../../../kernels/row-scale/row-scale.ts';
import type { BufferSlice } from '../gpu/gpu.ts';
import type { Linear, Lora } from '../weights/load.ts';
import type { StepLoad } from '../gpu/dispatch.ts';
import {
  integerKernels,
  linearKernels,
  singleKernel,
  takesIntegers,
  takesSingle,
} from '../device/variants.ts';
import { allRows, type ForwardContext, type RowsOf } from './context.ts';

/** What a linear map reads: rows in f32, normed first if there is a weight. `scratch` has room for what is made of them. */
export interface Source {
  raw: BufferSlice;
  weight?: BufferSlice | undefined;
  scratch: BufferSlice;
}

interface LinearOptions {
  /** Whether the outputs are added to what is there. */
  addTo?: boolean;
  of?: RowsOf;
  /** Where the kernels read the number of rows. */
  count?: BufferSlice;
}

/** Makes of a source what `map` reads, and says where that is: as it is, normed in f32, or in int8. */
export function prepare(
  { add, config, variants }: ForwardContext,
  map: Linear,
  { raw, weight, scratch }: Source,
  of: RowsOf,
): BufferSlice {
  const isInteger = takesIntegers(variants, map);
  const norm = { dim: config.dim, eps: config.normEps };
  if (weight && isInteger) {
    const threads = Math.max(variants.normThreads, variants.quantizeThreads);
    add(rmsNormQuantize, { ...norm, threads }, of, [raw, weight, scratch]);
  } else if (weight) add(rmsNorm, { ...norm, threads: variants.normThreads }, of, [raw, weight, scratch]);
  else if (isInteger)
    add(quantize, { dim: map.inputs, threads: variants.quantizeThreads }, of, [raw, scratch]);
  else return raw;
  return scratch;
}

/** All parts of a map and what adapters add to it, from what `prepare` or a kernel of the map's own kind has made. */
export function multiply(
  context: ForwardContext,
  map: Linear,
  from: BufferSlice,
  to: BufferSlice,
  { addTo = false, of = allRows, count = context.stepBuffer.rowCount }: LinearOptions = {},
): void {
  const { add, variants } = context;
  const kernels = takesIntegers(variants, map) ? integerKernels : linearKernels;
  for (const { matrix, outOffset } of map.parts) {
    const shape = { k: map.inputs, n: matrix.rows, add: addTo, outStride: map.outputs, outOffset };
    for (const { kernel, takes } of kernels(variants, matrix)) {
      const wanted = (load: StepLoad) => (takes(of(load).rows) ? of(load) : undefined);
      add(kernel, shape, wanted, [matrix.quants, matrix.scales, from, to, count]);
    }
  }
  for (const lora of map.lora ?? []) addLora(context, lora, from, to, { of, count });
}

/** to += factor · scale · B (A x), for the rows of `from`. */
function addLora(
  context: ForwardContext,
  lora: Lora,
  from: BufferSlice,
  to: BufferSlice,
  options: Required<Pick<LinearOptions, 'of' | 'count'>>,
): void {
  const { a, b, hidden, scales, factor } = lora;
  const { add, variants, stepBuffer, applied } = context;
  multiply(context, a, from, hidden, options);
  const shape = { dim: a.outputs, factor, threads: variants.threads };
  add(rowScale, shape, options.of, [scales, stepBuffer.rows, hidden]);
  multiply(context, b, hidden, to, { ...options, addTo: true });
  applied.add(lora);
}

/** to = map(source), or to += map(source). */
export function linear(
  context: ForwardContext,
  map: Linear,
  source: Source,
  to: BufferSlice,
  { addTo = false, of = allRows, count = context.stepBuffer.rowCount }: LinearOptions = {},
): void {
  const { add, variants, config } = context;
  const isSingle = takesSingle(variants, map);
  if (isSingle) {
    for (const { matrix, outOffset } of map.parts) {
      const size = { k: map.inputs, n: matrix.rows, add: addTo, outStride: map.outputs, outOffset };
      const kernel = singleKernel(variants, matrix, source.weight ? 'normed' : 'plain');
      const slices = [matrix.quants, matrix.scales, source.raw, to, count];
      add(kernel, { ...size, eps: config.normEps }, ifSingle(of), withWeight(slices, source));
    }
  }
  const others = unlessSingle(isSingle, of);
  multiply(context, map, prepare(context, map, source, others), to, { addTo, of: others, count });
}

/** Of the load, what is not for the kernels that take a single row as it is. */
export function unlessSingle(isSingle: boolean, of: RowsOf): RowsOf {
  return (load) => (isSingle && of(load).rows === 1 ? { rows: 0 } : of(load));
}

export function ifSingle(of: RowsOf) {
  return (load: StepLoad) => (of(load).rows === 1 ? of(load) : undefined);
}

export function withWeight(slices: BufferSlice[], { weight }: Source): BufferSlice[] {
  return weight ? [...slices, weight] : slices;
}
