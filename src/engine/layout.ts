import type { QuantFormat } from '../../kernels/quants/format.ts';
import { quantFormats } from '../../kernels/quants/index.ts';
import type { ModelConfig, ModelTensors } from '../../models/architectures/index.ts';
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
  attentionOutput: LinearLayout;
  ffnNorm: TensorInfo;
  gateUp: LinearLayout;
  down: LinearLayout;
}

/** Where every tensor of the model will lie. */
export interface WeightsLayout {
  embedding: LinearLayout;
  blocks: BlockLayout[];
  outputNorm: TensorInfo;
  /** The embedding itself where the model ties them. */
  head: LinearLayout;
  ropeFactors: TensorInfo | undefined;
  /** Of everything above on the GPU. */
  bytes: number;
}

/** Scales start where every adapter can bind them. */
const BINDING_ALIGNMENT = 256;

/** Plans the weights for a device that binds at most `maxBindingBytes` at once. Fails with `unsupported-model` if a tensor's type is not computed with. */
export function layOutWeights(
  tensors: ModelTensors,
  config: ModelConfig,
  maxBindingBytes: number,
): WeightsLayout {
  const linear = (name: string, ...fused: TensorInfo[]) => layOutLinear(name, fused, maxBindingBytes);
  for (const vector of vectorsOf(tensors)) mustBeF32(vector);
  const embedding = linear('embedding', tensors.embedding);
  const blocks = tensors.blocks.map((block, i) => ({
    attentionNorm: block.attentionNorm,
    qkv: linear(`block ${i} qkv`, block.q, block.k, block.v),
    attentionOutput: linear(`block ${i} attention output`, block.attentionOutput),
    ffnNorm: block.ffnNorm,
    gateUp: linear(`block ${i} gate up`, block.gate, block.up),
    down: linear(`block ${i} down`, block.down),
  }));
  const head = tensors.output ? linear('head', tensors.output) : embedding;

  const linears = [
    embedding,
    ...blocks.flatMap(({ qkv, attentionOutput, gateUp, down }) => [qkv, attentionOutput, gateUp, down]),
  ];
  if (head !== embedding) linears.push(head);
  const norms = 4 * config.dim * (2 * config.blocks + 1);
  const bytes =
    norms + linears.flatMap(({ parts }) => parts).reduce((sum, { matrix }) => sum + matrixBytes(matrix), 0);
  return { embedding, blocks, outputNorm: tensors.outputNorm, head, ropeFactors: tensors.ropeFactors, bytes };
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

/** Norms, and RoPE's divisors. */
function vectorsOf({ blocks, outputNorm, ropeFactors }: ModelTensors): TensorInfo[] {
  const norms = blocks.flatMap(({ attentionNorm, ffnNorm }) => [attentionNorm, ffnNorm]);
  return [...norms, outputNorm, ...(ropeFactors ? [ropeFactors] : [])];
}

function mustBeF32({ name, type }: TensorInfo): void {
  if (type === 'F32') return;
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
