import activations from '../mat-vec/activations.wgsl?raw';
import type { Team } from '../mat-vec/mat-vec.ts';
import reduceSubgroup from '../mat-vec/reduce-subgroup.wgsl?raw';
import reduceWorkgroup from '../mat-vec/reduce-workgroup.wgsl?raw';
import { inputsWgsl } from '../quantize/inputs.ts';
import { type GivenAs, linearCost } from '../costs.ts';
import type { Cost, KernelFeature } from '../kernel.ts';
import type { QuantFormat } from '../quants/format.ts';
import { type Arithmetic, integersWgsl, weightsWgsl } from '../quants/weights.ts';
import productFloat from './product-float.wgsl?raw';
import productInteger from './product-integer.wgsl?raw';
import reduceAlone from './reduce-alone.wgsl?raw';
import routes from './routes.wgsl?raw';
import stack from './stack.wgsl?raw';

/** The part of a layer's experts that is bound: stack.wgsl says how its rows lie. */
export interface StackShape {
  /** Values per row of w and x. */
  k: number;
  /** Rows of an expert. */
  n: number;
  /** Rows of an expert that lie side by side: `n`, or half of it where gate and up are tensors of their own. */
  span: number;
  /** The experts of the stack. */
  firstExpert: number;
  experts: number;
}

export interface StackTuning {
  /** Threads that share a row of w: a power of two. 1 where threads are alone. */
  lanes: number;
  /** Teams in a workgroup. */
  teams: number;
  /** The smallest subgroup that the adapter may choose. */
  subgroup: number;
}

/** What x is given as; int8 as kernels/quantize writes it. */
export type ExpertInput = Arithmetic | 'int8';

export interface StackVariant {
  input: ExpertInput;
  team: Team;
}

/** Declares weights, x, routes and `product`; int8 goes with threads in teams. */
export function stackWgsl(format: QuantFormat, { input, team }: StackVariant): string {
  return stackedWeights(format, input) + productWgsl(input) + reduceWgsl[team];
}

/** What adds up the sums of a team's threads. */
export const reduceWgsl: Record<Team, string> = {
  alone: reduceAlone,
  workgroup: reduceWorkgroup,
  subgroup: reduceSubgroup,
};

export function stackedWeights(format: QuantFormat, input: ExpertInput): string {
  const weights =
    input === 'int8'
      ? integersWgsl(format) + inputsWgsl('quantized')
      : weightsWgsl(format, input) + activations;
  return weights + routes + stack;
}

function productWgsl(input: ExpertInput): string {
  return input === 'int8' ? productInteger : productFloat;
}

export function stackNeeds({ input, team }: StackVariant): KernelFeature[] {
  const needs: KernelFeature[] = [];
  if (input === 'f16') needs.push('shader-f16');
  if (team === 'subgroup') needs.push('subgroups');
  return needs;
}

export function stackConstants({ k, n, span, firstExpert, experts }: StackShape): Record<string, number> {
  return { K: k, N: n, SPAN: span, FIRST: firstExpert, EXPERTS: experts };
}

export function teamConstants(team: Team, { lanes, teams, subgroup }: StackTuning): Record<string, number> {
  return { LANES: lanes, TEAMS: teams, ...(team === 'subgroup' && { SUBGROUP: subgroup }) };
}

/** Every pair's product with its expert, as if the stack had all experts and pairs chose as many different ones as there can be. */
export function stackCost(
  format: QuantFormat,
  { rows, used, k, n, experts }: StackShape & { rows: number; used: number },
  given: GivenAs,
): Cost {
  const pairs = rows * used;
  return linearCost(format, { rows: pairs, k, n, read: Math.min(pairs, experts) * n }, given);
}

export function givenTo(input: ExpertInput): GivenAs {
  return input === 'int8' ? 'int8' : 'f32';
}
