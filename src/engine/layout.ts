import type { QuantFormat } from '../../kernels/quants/format.ts';
import { quantFormats } from '../../kernels/quants/index.ts';
import type { BlockTensors, ModelTensors } from '../../models/architectures/index.ts';
import type { TensorInfo } from '../../models/gguf/read-gguf.ts';
import { HearthError } from '../protocol/errors.ts';

/** Rows of `k` values of one format that lie together in one buffer on the GPU. */
export interface MatrixLayout {
  name: string;
  format: QuantFormat;
  k: number;
  rows: number;
  quantsBytes: number;
  scalesBytes: number;
  /** Where its rows come from in the file, in order. */
  segments: Segment[];
}

export interface Segment {
  tensor: TensorInfo;
  firstRow: number;
  rows: number;
}

/** A linear map: one matrix, or several whose outputs lie side by side. */
export interface LinearLayout {
  inputs: number;
  outputs: number;
  parts: { matrix: MatrixLayout; outOffset: number }[];
}

export interface BlockLayout {
  attentionNorm: TensorInfo;
  qkv: LinearLayout;
  /** Side by side, as `qkv`; none where the family has no biases. */
  qkvBias: readonly TensorInfo[];
  qNorm: TensorInfo | undefined;
  kNorm: TensorInfo | undefined;
  attentionOutput: LinearLayout;
  attentionPostNorm: TensorInfo | undefined;
  ffnNorm: TensorInfo;
  gateUp: LinearLayout;
  down: LinearLayout;
  ffnPostNorm: TensorInfo | undefined;
}

/** Where every tensor of the model will lie. */
export interface WeightsLayout {
  embedding: LinearLayout;
  blocks: BlockLayout[];
  outputNorm: TensorInfo;
  /** The embedding itself where the model ties them. */
  head: LinearLayout;
  /** LongRoPE's are two, for a context beyond the original one and for one within it. */
  ropeFactors: Record<'all' | 'long' | 'short', TensorInfo | undefined>;
  /** Of everything above on the GPU. */
  bytes: number;
}

/** Scales start where every adapter can bind them. */
const BINDING_ALIGNMENT = 256;

/** Plans the weights for a device that binds at most `maxBindingBytes` at once. Fails with `unsupported-model` if a tensor's type is not computed with. */
export function layOutWeights(tensors: ModelTensors, maxBindingBytes: number): WeightsLayout {
  const linear = (name: string, ...fused: TensorInfo[]) => layOutLinear(name, fused, maxBindingBytes);
  const { outputNorm, ropeFactors: all, longRopeFactors: long, shortRopeFactors: short } = tensors;
  const vectors = [...tensors.blocks.flatMap(vectorsOf), outputNorm];
  for (const vector of [...vectors, all, long, short]) mustBeF32(vector);
  const embedding = linear('embedding', tensors.embedding);
  const blocks = tensors.blocks.map(
    (block, i): BlockLayout => ({
      attentionNorm: block.attentionNorm,
      qkv: linear(`block ${i} qkv`, ...block.qkv),
      qkvBias: block.qkvBias,
      qNorm: block.qNorm,
      kNorm: block.kNorm,
      attentionOutput: linear(`block ${i} attention output`, block.attentionOutput),
      attentionPostNorm: block.attentionPostNorm,
      ffnNorm: block.ffnNorm,
      gateUp: linear(`block ${i} gate up`, ...block.gateUp),
      down: linear(`block ${i} down`, block.down),
      ffnPostNorm: block.ffnPostNorm,
    }),
  );
  const head = tensors.output ? linear('head', tensors.output) : embedding;

  const linears = [
    embedding,
    ...blocks.flatMap(({ qkv, attentionOutput, gateUp, down }) => [qkv, attentionOutput, gateUp, down]),
  ];
  if (head !== embedding) linears.push(head);
  const matrices = linears.flatMap(({ parts }) => parts.map(({ matrix }) => matrix));
  const bytes =
    vectors.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) +
    matrices.reduce((sum, matrix) => sum + matrixBytes(matrix), 0);
  return { embedding, blocks, outputNorm, head, ropeFactors: { all, long, short }, bytes };
}

/** Both streams in one buffer: quants, then scales from the next binding offset on. */
export function scalesOffset({ quantsBytes }: MatrixLayout): number {
  return Math.ceil(quantsBytes / BINDING_ALIGNMENT) * BINDING_ALIGNMENT;
}

export function matrixBytes(matrix: MatrixLayout): number {
  return scalesOffset(matrix) + Math.max(matrix.scalesBytes, 16);
}

/** Neighbours of one type become one matrix; what is too large to bind is cut by rows. */
function layOutLinear(name: string, tensors: TensorInfo[], maxBindingBytes: number): LinearLayout {
  const inputs = tensors[0]!.shape[0]!;
  const parts: LinearLayout['parts'] = [];
  let outputs = 0;
  let open: MatrixLayout | undefined;

  for (const tensor of tensors) {
    const format = formatOf(tensor);
    const rowBytes = format.quantsBytes(inputs);
    const rowsPerBinding = Math.max(1, Math.floor(maxBindingBytes / rowBytes));
    const rows = tensor.shape[1] ?? 1;
    for (let firstRow = 0; firstRow < rows; ) {
      if (open?.format !== format || open.rows >= rowsPerBinding) {
        open = { name, format, k: inputs, rows: 0, quantsBytes: 0, scalesBytes: 0, segments: [] };
        parts.push({ matrix: open, outOffset: outputs });
      }
      const count = Math.min(rows - firstRow, rowsPerBinding - open.rows);
      open.segments.push({ tensor, firstRow, rows: count });
      open.rows += count;
      open.quantsBytes += count * format.quantsBytes(inputs);
      open.scalesBytes += count * format.scalesBytes(inputs);
      firstRow += count;
      outputs += count;
    }
  }
  return { inputs, outputs, parts };
}

/** A block's norms and biases. */
function vectorsOf(block: BlockTensors): TensorInfo[] {
  const { attentionNorm, qNorm, kNorm, attentionPostNorm, ffnNorm, ffnPostNorm, qkvBias } = block;
  const norms = [attentionNorm, qNorm, kNorm, attentionPostNorm, ffnNorm, ffnPostNorm];
  return [...norms.filter((norm) => norm !== undefined), ...qkvBias];
}

function mustBeF32(tensor: TensorInfo | undefined): void {
  if (!tensor || tensor.type === 'F32') return;
  const { name, type } = tensor;
  throw new HearthError(
    'unsupported-model',
    `The tensor ${JSON.stringify(name)} is ${type}, and Hearth reads it only as F32. Get another conversion of the model.`,
  );
}

function formatOf({ name, type, shape }: TensorInfo): QuantFormat {
  const format = quantFormats.find((known) => known.name === type);
  if (!format) {
    const known = quantFormats.map(({ name }) => name).join(', ');
    throw new HearthError(
      'unsupported-model',
      `The tensor ${JSON.stringify(name)} is ${type}, and Hearth computes with ${known}. Get the model in one of these.`,
    );
  }
  try {
    format.rowBytes(shape[0]!);
    return format;
  } catch (cause) {
    throw new HearthError(
      'unsupported-model',
      `The tensor ${JSON.stringify(name)} cannot be computed with: ${(cause as Error).message}`,
      { cause },
    );
  }
}
