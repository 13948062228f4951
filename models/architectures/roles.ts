/**
 * A model's tensors by what they are for. The same tree is a family's specification, what a file has, where it will
 * lie on the device, and what lies there: only its leaves differ (`Linear`: one linear map, `Stack`: one of each expert,
 * `Vector`: numbers side by side, `Table`: numbers that the processor reads). A leaf that a family or a file lacks is
 * undefined.
 */
export interface ModelRoles<Linear, Stack, Vector, Table> {
  /** Absent, as is all that comes after the blocks, where only some of the blocks are meant. */
  embedding?: Linear | undefined;
  /** Learned of each position, and of each type of token (the first is everybody's); added to the embedding. */
  positions?: Linear | undefined;
  tokenTypes?: Linear | undefined;
  /** Layer norm of their sum. */
  embeddingNorm?: Vector | undefined;
  blocks: readonly BlockRoles<Linear, Stack, Vector>[];
  /** Absent where blocks end with a norm. */
  outputNorm?: Vector | undefined;
  /** Two linear maps of a text's vector, one after the other. */
  project?: Linear | undefined;
  projectAgain?: Linear | undefined;
  /** Absent where the embedding is the head too. */
  head?: Linear | undefined;
  ropeFactors: RopeFactorRoles<Table>;
}

/** Divisors of RoPE's frequencies, one for each pair. */
export interface RopeFactorRoles<Table> {
  /** Llama 3's scaling comes as these. */
  all?: Table | undefined;
  /** LongRoPE's: for a context beyond the original one, and for one within it. */
  long?: Table | undefined;
  short?: Table | undefined;
}

/** x += mixer(x), then x += feedForward(x). */
export interface BlockRoles<Linear, Stack, Vector> {
  mixer: AttentionRoles<Linear, Vector> | ShortConvRoles<Linear, Vector>;
  feedForward: DenseRoles<Linear, Vector> | PlainRoles<Linear, Vector> | ExpertRoles<Linear, Stack, Vector>;
}

export interface AttentionRoles<Linear, Vector> {
  /** Absent where x is normed as it comes. */
  norm?: Vector | undefined;
  /** q, k and v, or one tensor that has all three. */
  qkv: Linear;
  qkvBias?: Vector | undefined;
  /** Of each head, before RoPE. */
  qNorm?: Vector | undefined;
  kNorm?: Vector | undefined;
  /** A score of each head that takes a share of the weights and gives nothing. */
  sinks?: Vector | undefined;
  output: Linear;
  outputBias?: Vector | undefined;
  /** Of what attention gives, before it is added. */
  postNorm?: Vector | undefined;
  /** Layer norm of x once it is added: weight, then bias. */
  sumNorm?: Vector | undefined;
}

/** output(C ∘ convolution(B ∘ x')), where `input` makes B, C and x' of x */
export interface ShortConvRoles<Linear, Vector> {
  norm: Vector;
  input: Linear;
  /** Of each channel, the oldest position's first. */
  taps: Vector;
  output: Linear;
  postNorm?: Vector | undefined;
  sumNorm?: Vector | undefined;
}

/** down(act(gate(x)) · up(x)) */
export interface DenseRoles<Linear, Vector> {
  norm?: Vector | undefined;
  /** gate and up, or one tensor that has both. */
  gateUp: Linear;
  down: Linear;
  postNorm?: Vector | undefined;
  sumNorm?: Vector | undefined;
}

/** down(gelu(up(x))), without a gate: GELU is the exact one. */
export interface PlainRoles<Linear, Vector> {
  norm?: Vector | undefined;
  up: Linear;
  upBias: Vector;
  down: Linear;
  downBias: Vector;
  postNorm?: Vector | undefined;
  sumNorm?: Vector | undefined;
}

/** The weighted sum of what a row's experts make of x, each down(act(gate(x)) · up(x)). */
export interface ExpertRoles<Linear, Stack, Vector> {
  norm: Vector;
  /** How much each expert is wanted. */
  router: Linear;
  routerBias?: Vector | undefined;
  /** Added to the sigmoids of the router's logits where experts are chosen, and only there. */
  choiceBias?: Vector | undefined;
  /** gate and up, or one tensor that has both. */
  gateUp: Stack;
  /** Gate's of all experts, then up's. */
  gateUpBias?: Vector | undefined;
  down: Stack;
  downBias?: Vector | undefined;
  /** An expert that every row has. */
  shared?: SharedRoles<Linear, Vector> | undefined;
  postNorm?: Vector | undefined;
}

export interface SharedRoles<Linear, Vector> {
  /** The sigmoid of its product with x, normed, multiplies what the shared expert gives. */
  gate?: Vector | undefined;
  gateUp: Linear;
  down: Linear;
}

/** What every leaf of such a tree is. The tensors of a linear map or vector lie side by side. */
export interface Leaf<Kind extends string, Tensor> {
  readonly leaf: Kind;
  readonly tensors: readonly Tensor[];
  /** What some files have in place of all these tensors, such as gate and up in one. */
  readonly instead?: Tensor;
}
export type Leaves<Tensor> = ModelRoles<
  Leaf<'linear', Tensor>,
  Leaf<'stack', Tensor>,
  Leaf<'vector', Tensor>,
  Leaf<'table', Tensor>
>;
export type AnyLeaf<Tensor> = Leaf<'linear' | 'stack' | 'vector' | 'table', Tensor>;

/**
 * The tree with other leaves. `replace` is called in the order of the file's usual layout, with the leaf's place in
 * the tree, such as `blocks 3 mixer qkv`.
 */
export function replaceLeaves<Tree, Before extends { leaf: string } = never>(
  tree: object,
  replace: (leaf: Before, place: string) => unknown,
  place = '',
): Tree {
  const entries = Object.entries(tree).map(([key, value]: [string, unknown]) => {
    if (typeof value !== 'object' || value === null) return [key, value];
    const at = place ? `${place} ${key}` : key;
    return [key, 'leaf' in value ? replace(value as Before, at) : replaceLeaves(value, replace, at)];
  });
  return (Array.isArray(tree) ? entries.map(([, value]) => value) : Object.fromEntries(entries)) as Tree;
}
