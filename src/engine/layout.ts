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
import { bytesInWords } from '../protocol/bytes-in-words.ts';
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

/** A linear map of each expert: one stack, or several that have some of the experts or some of the outputs each. */
export interface StackShape {
  inputs: number;
  /** Of an expert. */
  outputs: number;
  /** Bytes of all experts. */
  bytes: number;
  parts: StackPart[];
}

export interface StackPart<M extends MatrixLayout = MatrixLayout> {
  matrix: M;
  firstExpert: number;
  experts: number;
  /** Rows of an expert: those of each tensor lie side by side, tensor after tensor, expert after expert. */
  outputs: number;
  span: number;
  /** Where in an expert's outputs they go. */
  outOffset: number;
}

export interface StackLayout extends StackShape {
  leaf: 'stack';
}

export type LayoutLeaf = LinearLayout | StackLayout | Leaf<'vector', TensorInfo> | Leaf<'table', TensorInfo>;

/** Where every tensor of the model will lie. The head is the embedding itself where the model ties them. */
export interface WeightsLayout
  extends ModelRoles<LinearLayout, StackLayout, Leaf<'vector', TensorInfo>, Leaf<'table', TensorInfo>> {
  /** Of everything that goes to the device. */
  bytes: number;
  /** Of a matrix, in the file. */
  longestRowBytes: number;
}

/** Scales start where every adapter can bind them. */
const BINDING_ALIGNMENT = 256;

/** Plans the weights for a device that binds at most `maxBindingBytes` at once. Fails with `unsupported-model` if a tensor's type is not computed with. */
export function layOutWeights(tensors: ModelTensors, maxBindingBytes: number): WeightsLayout {
  let bytes = 0;
  let longestRowBytes = 0;
  const layout = replaceLeaves<WeightsLayout, AnyLeaf<TensorInfo>>(tensors, (leaf, place) => {
    if (leaf.leaf === 'linear' || leaf.leaf === 'stack')
      for (const tensor of leaf.tensors)
        longestRowBytes = Math.max(longestRowBytes, formatOf(tensor).rowBytes(tensor.shape[0]!));
    if (leaf.leaf === 'stack') {
      const stack = layOutStack(place, leaf.tensors, maxBindingBytes);
      bytes += stack.bytes;
      return stack;
    }
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
  return { ...layout, head: layout.head ?? layout.embedding, bytes, longestRowBytes };
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

/** Neighbours of one type are stacked together if they can be bound so; what is too large is cut between experts. */
function layOutStack(name: string, tensors: readonly TensorInfo[], maxBindingBytes: number): StackLayout {
  const layout: StackLayout = {
    leaf: 'stack',
    inputs: tensors[0]!.shape[0]!,
    outputs: 0,
    bytes: 0,
    parts: [],
  };
  for (const group of stackable(tensors, maxBindingBytes)) {
    const [, span, experts] = group[0]!.shape as [number, number, number];
    const atOnce = expertsPerBinding(group, maxBindingBytes);
    if (atOnce === 0)
      throw new HearthError(
        'unsupported-model',
        `An expert of the tensor ${JSON.stringify(group[0]!.name)} is larger than this GPU binds at once (${bytesInWords(maxBindingBytes)}). Get a smaller model or quantisation.`,
      );
    for (let firstExpert = 0; firstExpert < experts; firstExpert += atOnce) {
      const count = Math.min(atOnce, experts - firstExpert);
      const matrix = stackedMatrix(name, group, firstExpert, count);
      const outputs = group.length * span;
      layout.parts.push({ matrix, firstExpert, experts: count, outputs, span, outOffset: layout.outputs });
      layout.bytes += matrixBytes(matrix);
    }
    layout.outputs += group.length * span;
  }
  return layout;
}

/** Tensors that one stack can be made of: all, or each alone where types differ or an expert of all is too large. */
function stackable(tensors: readonly TensorInfo[], maxBindingBytes: number): (readonly TensorInfo[])[] {
  const isOfOneType = new Set(tensors.map(formatOf)).size === 1;
  if (isOfOneType && expertsPerBinding(tensors, maxBindingBytes) > 0) return [tensors];
  return tensors.map((tensor) => [tensor]);
}

function expertsPerBinding(tensors: readonly TensorInfo[], maxBindingBytes: number): number {
  const [inputs, span] = tensors[0]!.shape as [number, number];
  return Math.floor(maxBindingBytes / (tensors.length * span * formatOf(tensors[0]!).quantsBytes(inputs)));
}

function stackedMatrix(
  name: string,
  tensors: readonly TensorInfo[],
  firstExpert: number,
  experts: number,
): MatrixLayout {
  const format = formatOf(tensors[0]!);
  const [k, span] = tensors[0]!.shape as [number, number];
  const rows = tensors.length * experts * span;
  return {
    name,
    format,
    k,
    rows,
    quantsBytes: rows * format.quantsBytes(k),
    scalesBytes: rows * format.scalesBytes(k),
    segments: tensors.map((tensor) => ({ tensor, firstRow: firstExpert * span, rows: experts * span })),
  };
}

function mustBeF32({ name, type }: TensorInfo): void {
  if (type === 'F32') return;
  throw new HearthError(
    'unsupported-model',
    `The tensor ${JSON.stringify(name)} is ${type}, and Hearth reads it only as F32. Get another conversion of the model.`,
  );
}

/** The kernels' format of a tensor. Fails with `unsupported-model` if there is none, or its rows have another length. */
export function formatOf({ name, type, shape }: TensorInfo): QuantFormat {
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
