/** A tensor's element type: values come in blocks, and a block has a fixed number of bytes. */
export interface GgmlType {
  readonly name: GgmlTypeName;
  readonly blockValues: number;
  readonly blockBytes: number;
}

/**
 * Every type that ggml has given a number, whether Hearth computes with it or not: id, name, values per
 * block, bytes per block. Gaps are numbers that ggml took back (Q4_2, Q4_3 and the interleaved layouts).
 * Source: `ggml_type` and the block structs in ggml.
 */
const TABLE = [
  [0, 'F32', 1, 4],
  [1, 'F16', 1, 2],
  [2, 'Q4_0', 32, 18],
  [3, 'Q4_1', 32, 20],
  [6, 'Q5_0', 32, 22],
  [7, 'Q5_1', 32, 24],
  [8, 'Q8_0', 32, 34],
  [9, 'Q8_1', 32, 36],
  [10, 'Q2_K', 256, 84],
  [11, 'Q3_K', 256, 110],
  [12, 'Q4_K', 256, 144],
  [13, 'Q5_K', 256, 176],
  [14, 'Q6_K', 256, 210],
  [15, 'Q8_K', 256, 292],
  [16, 'IQ2_XXS', 256, 66],
  [17, 'IQ2_XS', 256, 74],
  [18, 'IQ3_XXS', 256, 98],
  [19, 'IQ1_S', 256, 50],
  [20, 'IQ4_NL', 32, 18],
  [21, 'IQ3_S', 256, 110],
  [22, 'IQ2_S', 256, 82],
  [23, 'IQ4_XS', 256, 136],
  [24, 'I8', 1, 1],
  [25, 'I16', 1, 2],
  [26, 'I32', 1, 4],
  [27, 'I64', 1, 8],
  [28, 'F64', 1, 8],
  [29, 'IQ1_M', 256, 56],
  [30, 'BF16', 1, 2],
  [34, 'TQ1_0', 256, 54],
  [35, 'TQ2_0', 256, 66],
  [39, 'MXFP4', 32, 17],
  [40, 'NVFP4', 64, 36],
  [41, 'Q1_0', 128, 18],
] as const;

export type GgmlTypeName = (typeof TABLE)[number][1];

/** All of them, whether Hearth computes with them or not. */
export const GGML_TYPES: readonly GgmlType[] = TABLE.map(([, name, blockValues, blockBytes]) => ({
  name,
  blockValues,
  blockBytes,
}));

const byId = new Map<number, GgmlType>(TABLE.map(([id], i) => [id, GGML_TYPES[i]!]));
const idByName = new Map<string, number>(TABLE.map(([id, name]) => [name, id]));

export function ggmlType(id: number): GgmlType | undefined {
  return byId.get(id);
}

export function ggmlTypeId(name: GgmlTypeName): number {
  return idByName.get(name)!;
}

/** Bytes of a tensor of this type, or undefined if its rows are not whole blocks or the size is beyond 2^53. */
export function tensorBytes(type: GgmlType, shape: readonly number[]): number | undefined {
  const values = shape.reduce((product, length) => product * length, 1);
  const bytes = (values / type.blockValues) * type.blockBytes;
  if (!Number.isSafeInteger(values) || !Number.isSafeInteger(bytes)) return undefined;
  return (shape[0] ?? 1) % type.blockValues === 0 ? bytes : undefined;
}
