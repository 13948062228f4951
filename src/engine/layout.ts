import type { QuantFormat } from '../../kernels/quants/format.ts';
import { quantFormats } from '../../kernels/quants/index.ts';
import {
  type AnyLeaf,
  type Leaf,
  type ModelRoles,
  type ModelTensors,
  replaceLeaves,
} from '../../models/architectures/index.ts';
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
export interface LinearShape {
  inputs: number;
  outputs: number;
  parts: { matrix: MatrixLayout; outOffset: number }[];
}

export interface LinearLayout extends LinearShape {
  leaf: 'linear';
}

export type LayoutLeaf = LinearLayout | Leaf<'vector', TensorInfo> | Leaf<'table', TensorInfo>;

/** Where every tensor of the model will lie. The head is the embedding itself where the model ties them. */
export interface WeightsLayout
  extends ModelRoles<LinearLayout, Leaf<'vector', TensorInfo>, Leaf<'table', TensorInfo>> {
  head: LinearLayout;
  /** Of everything that goes to the device. */
  bytes: number;
}

/** Scales start where every adapter can bind them. */
const BINDING_ALIGNMENT = 256;

/** Plans the weights for a device that binds at most `maxBindingBytes` at once. Fails with `unsupported-model` if a tensor's type is not computed with. */
export function layOutWeights(tensors: ModelTensors, maxBindingBytes: number): WeightsLayout {
  let bytes = 0;
  const layout = replaceLeaves<WeightsLayout, AnyLeaf<TensorInfo>>(tensors, (leaf, place) => {
    if (leaf.leaf !== 'linear') {
      for (const tensor of leaf.tensors) {
        mustBeF32(tensor);
        if (leaf.leaf === 'vector') bytes += tensor.sizeBytes;
      }
      return leaf;
    }
    const linear = layOutLinear(place, leaf.tensors, maxBindingBytes);
    for (const { matrix } of linear.parts) bytes += matrixBytes(matrix);
    return linear;
  });
  return { ...layout, head: layout.head ?? layout.embedding, bytes };
}

/** Both streams in one buffer: quants, then scales from the next binding offset on. */
export function scalesOffset({ quantsBytes }: MatrixLayout): number {
  return Math.ceil(quantsBytes / BINDING_ALIGNMENT) * BINDING_ALIGNMENT;
}

export function matrixBytes(matrix: MatrixLayout): number {
  return scalesOffset(matrix) + Math.max(matrix.scalesBytes, 16);
}

/** Neighbours of one type become one matrix; what is too large to bind is cut by rows. */
function layOutLinear(name: string, tensors: readonly TensorInfo[], maxBindingBytes: number): LinearLayout {
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
  return { leaf: 'linear', inputs, outputs, parts };
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
