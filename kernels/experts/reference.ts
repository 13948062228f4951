import type { ExpertActivation } from './act.ts';

export interface ReferenceRoute {
  expert: number;
  weight: number;
}

/** The `used` most wanted experts of a row of logits, by sorting them, with their weights in f64. */
export function routeReference(
  logits: ArrayLike<number>,
  {
    used,
    gating,
    renormalize,
    scale,
    choiceBias,
  }: {
    used: number;
    gating: 'softmax' | 'sigmoid';
    renormalize: boolean;
    scale: number;
    choiceBias?: ArrayLike<number>;
  },
): ReferenceRoute[] {
  const all = Array.from(logits, (logit, expert) => ({ logit, expert }));
  const largest = Math.max(...all.map(({ logit }) => logit));
  const exponentials = all.map(({ logit }) => Math.exp(logit - largest));
  const denominator = exponentials.reduce((sum, value) => sum + value, 0);
  const scores =
    gating === 'softmax'
      ? exponentials.map((value) => value / denominator)
      : all.map(({ logit }) => 1 / (1 + Math.exp(-logit)));
  const wish = (expert: number) => (choiceBias ? scores[expert]! + choiceBias[expert]! : all[expert]!.logit);
  const chosen = all
    .toSorted((a, b) => wish(b.expert) - wish(a.expert) || a.expert - b.expert)
    .slice(0, used);
  const sum = chosen.reduce((total, { expert }) => total + scores[expert]!, 0);
  return chosen.map(({ expert }) => ({
    expert,
    weight: (scale * scores[expert]!) / (renormalize ? sum : 1),
  }));
}

/** What an expert makes of one gate and one up. */
export function innerReference(activation: ExpertActivation, gate: number, up: number): number {
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  switch (activation) {
    case 'silu':
      return gate * sigmoid(gate) * up;
    case 'gelu':
      return 0.5 * gate * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (gate + 0.044715 * gate ** 3))) * up;
    case 'clamped': {
      // gpt-oss: the gate is cut off above, up both ways, and up is one more
      const g = Math.min(gate, 7);
      const u = Math.min(Math.max(up, -7), 7);
      return g * sigmoid(1.702 * g) * (u + 1);
    }
  }
}

/** Row `row` of w (rows, k) times row `m` of x (…, k). */
export function dotReference(
  w: ArrayLike<number>,
  row: number,
  x: ArrayLike<number>,
  m: number,
  k: number,
): number {
  let sum = 0;
  for (let i = 0; i < k; i++) sum += w[row * k + i]! * x[m * k + i]!;
  return sum;
}
