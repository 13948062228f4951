import { act } from '../../../kernels/experts/act.ts';
import { type InputKind, MOST_MADE } from '../../../kernels/quantize/inputs.ts';
import { gateUpKernel } from '../expert-variants.ts';
import type { BufferSlice } from '../gpu.ts';
import { takesIntegers } from '../variants.ts';
import { allRows, type ForwardContext, type RowsOf } from './context.ts';
import type { Mixture } from './expert-mixture.ts';
import { multiplyFew, multiplyMany, stackOf } from './expert-products.ts';
import { prepare, type Source } from './linear.ts';

/** act(gate) · up of every pair in `middle`, as `down` reads it. */
export function innerValues(context: ForwardContext, mixture: Mixture, source: Source): void {
  const { add, config, variants, buffers } = context;
  const { wide, middle, routes } = buffers.activations;
  const { roles, experts, few, many } = mixture;
  const { gateUp, gateUpBias, down } = roles;
  const { used, ffn, activation, weighsInput: weightsFirst } = experts;
  const inner = { used, ffn, activation, weightsFirst, hasBias: gateUpBias !== undefined };

  // Gate and up that lie together are made at once, where `down` reads integers
  const isFused =
    takesIntegers(variants, gateUp) &&
    takesIntegers(variants, down) &&
    gateUp.parts.every(({ outputs }) => outputs === gateUp.outputs);
  const isSingle = isFused && gateUp.inputs <= MOST_MADE;
  const products = isFused ? many : allRows;
  const single: RowsOf = (load) => ({ rows: isSingle && few(load).rows === 1 ? 1 : 0 });
  const unless =
    (of: RowsOf): RowsOf =>
    (load) =>
      single(load).rows > 0 ? { rows: 0 } : of(load);

  const fuse = (input: InputKind, from: BufferSlice, of: RowsOf) => {
    for (const part of gateUp.parts) {
      const shape = { ...stackOf(gateUp, part), ...inner, eps: config.normEps };
      const { format, quants, scales } = part.matrix;
      const slices = [quants, scales, from, middle, routes, source.weight ?? routes, gateUpBias ?? routes];
      add(gateUpKernel(variants, format, input), shape, of, slices);
    }
  };
  if (isSingle) fuse(source.weight ? 'normed' : 'plain', source.raw, single);
  const from = prepare(context, gateUp, source, unless(allRows));
  if (isFused) fuse('quantized', from, unless(few));
  else multiplyFew(context, mixture, gateUp, from);
  multiplyMany(context, mixture, gateUp, from, used);
  const toInteger = takesIntegers(variants, down);
  const threads = toInteger ? variants.quantizeThreads : variants.threads;
  const slices = [wide, routes, middle, gateUpBias ?? routes];
  add(act(toInteger ? 'int8' : 'f32'), { ...inner, threads }, products, slices);
}
