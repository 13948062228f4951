import { act } from '../../../kernels/experts/act.ts';
import type { InputKind } from '../../../kernels/quantize/inputs.ts';
import { gateUpKernel } from '../device/expert-variants.ts';
import type { BufferSlice } from '../gpu/gpu.ts';
import { takesIntegers } from '../device/variants.ts';
import { allRows, type ForwardContext, type RowsOf } from './context.ts';
import { choiceOf, type Mixture } from './expert-mixture.ts';
import { multiplyFew, multiplyMany, stackOf } from './expert-products.ts';
import { prepare, type Source } from './linear.ts';

/** act(gate) · up of every pair in `middle`, as `down` reads it. */
export function innerValues(context: ForwardContext, mixture: Mixture, source: Source): void {
  const { add, config, variants, buffers } = context;
  const { wide, middle, routes, routerLogits } = buffers.activations;
  const { roles, experts, few, many, isFused, isSingle, single, singleChooses } = mixture;
  const { gateUp, gateUpBias, down } = roles;
  const { used, ffn, activation, weighsInput: weightsFirst } = experts;
  const inner = { used, ffn, activation, weightsFirst, hasBias: gateUpBias !== undefined };

  const products = isFused ? many : allRows;
  const unless =
    (of: RowsOf): RowsOf =>
    (load) =>
      single(load).rows > 0 ? { rows: 0 } : of(load);

  const fuse = (input: InputKind, from: BufferSlice, of: RowsOf, chooses: boolean) => {
    const { shape: choice, bias } = choiceOf(mixture);
    const none = chooses ? routerLogits : routes;
    for (const part of gateUp.parts) {
      const shape = { ...stackOf(gateUp, part), ...inner, eps: config.normEps, choice };
      const { format, quants, scales } = part.matrix;
      const slices = [quants, scales, from, middle, routes, source.weight ?? none, gateUpBias ?? none];
      const more = chooses ? [routerLogits, bias ?? none] : [];
      const kernel = gateUpKernel(variants, format, input, chooses ? 'chosen' : 'given');
      add(kernel, shape, of, [...slices, ...more]);
    }
  };
  if (isSingle) fuse(source.weight ? 'normed' : 'plain', source.raw, single, singleChooses);
  const from = prepare(context, gateUp, source, unless(allRows));
  if (isFused) fuse('quantized', from, unless(few), false);
  else multiplyFew(context, mixture, gateUp, from);
  multiplyMany(context, mixture, gateUp, from, used);
  const toInteger = takesIntegers(variants, down);
  const threads = toInteger ? variants.quantizeThreads : variants.threads;
  const slices = [wide, routes, middle, gateUpBias ?? routes];
  add(act(toInteger ? 'int8' : 'f32'), { ...inner, threads }, products, slices);
}
