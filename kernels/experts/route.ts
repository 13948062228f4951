import { valuesCost } from '../costs.ts';
import type { Kernel } from '../kernel.ts';
import choose from './choose.wgsl?raw';
import wgsl from './route.wgsl?raw';
import routes from './routes.wgsl?raw';

export interface RouteShape extends ChoiceShape {
  rows: number;
  threads: number;
}

/** How a row's experts are chosen by the router's logits. */
export interface ChoiceShape {
  experts: number;
  /** Experts that a row is given to, at most `experts`. */
  used: number;
  /** What makes weights of logits. */
  gating: Gating;
  /** Whether the weights of a row's experts are divided by their sum. */
  renormalize: boolean;
  /** What every weight is multiplied by. */
  scale: number;
  hasBias: boolean;
  /** Whether the bias is of the sigmoids and counts only in the choice; else it is of the logits. */
  biasesChoice?: boolean | undefined;
}

/** Softmax over all experts, or the sigmoid of each. */
export type Gating = 'softmax' | 'sigmoid';

/** Bytes of a pair of a row and one of its experts: the expert, as u32, and its weight, as f32. */
export const ROUTE_BYTES = 8;

/** Declares `choose` and `choice`: choose.wgsl says what they need. */
export const chooseWgsl = choose;

export function choiceConstants(shape: ChoiceShape): Record<string, number> {
  return {
    ALL_EXPERTS: shape.experts,
    USED: shape.used,
    SIGMOID: Number(shape.gating === 'sigmoid'),
    RENORMALIZE: Number(shape.renormalize),
    ROUTE_SCALE: shape.scale,
    CHOICE_BIASED: Number(shape.hasBias),
    PREFERS: Number(shape.biasesChoice ?? false),
  };
}

/** Reads `logits` (rows, experts) and `bias` (experts), if there is one; writes `routes` (rows, used). */
export const route: Kernel<RouteShape> = {
  name: 'route',
  wgsl: routes + wgsl + choose,
  bindings: ['read', 'write', 'read'],
  cost: ({ rows, experts, used }) => valuesCost(rows * (experts + 2 * used), 4 * rows * experts),
  constants: ({ threads, ...shape }) => ({ ...choiceConstants(shape), THREADS: threads }),
  workgroups: ({ rows }) => [rows],
};
