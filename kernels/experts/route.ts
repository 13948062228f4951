import { valuesCost } from '../costs.ts';
import type { Kernel } from '../kernel.ts';
import wgsl from './route.wgsl?raw';
import routes from './routes.wgsl?raw';

export interface RouteShape {
  rows: number;
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
  threads: number;
}

/** Softmax over all experts, or the sigmoid of each. */
export type Gating = 'softmax' | 'sigmoid';

/** Bytes of a pair of a row and one of its experts: the expert, as u32, and its weight, as f32. */
export const ROUTE_BYTES = 8;

/** Reads `logits` (rows, experts) and `bias` (experts), if there is one; writes `routes` (rows, used). */
export const route: Kernel<RouteShape> = {
  name: 'route',
  wgsl: routes + wgsl,
  bindings: ['read', 'write', 'read'],
  cost: ({ rows, experts, used }) => valuesCost(rows * (experts + 2 * used), 4 * rows * experts),
  constants: ({ experts, used, gating, renormalize, scale, hasBias, biasesChoice, threads }) => ({
    EXPERTS: experts,
    USED: used,
    SIGMOID: Number(gating === 'sigmoid'),
    RENORMALIZE: Number(renormalize),
    SCALE: scale,
    BIASED: Number(hasBias),
    PREFERS: Number(biasesChoice ?? false),
    THREADS: threads,
  }),
  workgroups: ({ rows }) => [rows],
};
