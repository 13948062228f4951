/**
 * A model's tensors by what they are for. The same tree is a family's specification, what a file has, where it will
 * lie on the device, and what lies there: only its leaves differ (`Linear`: one linear map, `Vector`: numbers side by
 * side, `Table`: numbers that the processor reads). A leaf that a family or a file lacks is undefined.
 */
export interface ModelRoles<Linear, Vector, Table> {
  embedding: Linear;
  blocks: readonly BlockRoles<Linear, Vector>[];
  outputNorm: Vector;
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
export interface BlockRoles<Linear, Vector> {
  mixer: AttentionRoles<Linear, Vector>;
  feedForward: DenseRoles<Linear, Vector>;
}

export interface AttentionRoles<Linear, Vector> {
  norm: Vector;
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
}

/** down(act(gate(x)) · up(x)) */
export interface DenseRoles<Linear, Vector> {
  norm: Vector;
  /** gate and up, or one tensor that has both. */
  gateUp: Linear;
  down: Linear;
  postNorm?: Vector | undefined;
}

/** What every leaf of such a tree is. The tensors of a linear map or vector lie side by side. */
export interface Leaf<Kind extends string, Tensor> {
  readonly leaf: Kind;
  readonly tensors: readonly Tensor[];
}
export type Leaves<Tensor> = ModelRoles<
  Leaf<'linear', Tensor>,
  Leaf<'vector', Tensor>,
  Leaf<'table', Tensor>
>;
export type AnyLeaf<Tensor> = Leaf<'linear' | 'vector' | 'table', Tensor>;

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
