import { type AnyLeaf, type ModelTensors, replaceLeaves } from '../architectures/index.ts';
import { badModel, quoted, unsupportedModel } from '../errors.ts';
import type { Gguf, TensorInfo } from '../gguf/read-gguf.ts';

/** What an adapter adds to a model: y += scale · alpha / rank · B (A x) for each matrix that it names. */
export interface Adapter {
  /** `general.name`, for people. */
  name: string;
  /** By the name of the model's matrix. */
  maps: ReadonlyMap<string, AdapterMap>;
}

export interface AdapterMap {
  /** (rank, inputs), as in the file: its shape is [inputs, rank]. */
  a: TensorInfo;
  /** (outputs, rank). */
  b: TensorInfo;
  rank: number;
  /** alpha / rank, or 1 where the file gives no alpha. */
  factor: number;
}

/** The model that an adapter is for. */
export interface AdapterBase {
  architecture: { name: string };
  tensors: ModelTensors;
}

const KIND = 'adapter.type';
const ALPHA = 'adapter.lora.alpha';
/** For people and their tools. */
const IDLE = ['adapter.lora.task_name'];
/** Ten times what is trained: what is larger is a damaged or hostile file. */
const MAX_RANK = 4096;

/**
 * Reads a LoRA adapter (Hu et al. 2021) as llama.cpp's converter writes it, for this model. Fails with a `ModelError`
 * that names what does not fit it, or is not supported. No tensor is read.
 */
export function readAdapter({ metadata, tensors }: Gguf, base: AdapterBase): Adapter {
  const kind = metadata.string('general.type', 'model');
  if (kind !== 'adapter')
    throw unsupportedModel(
      `The file's "general.type" is ${quoted(kind)}, and an adapter's is "adapter". Choose an adapter's file.`,
    );
  const type = metadata.string(KIND);
  if (type !== 'lora')
    throw unsupportedModel(
      `The adapter is of the type ${quoted(type)}, and Hearth knows "lora". Choose an adapter of that type.`,
    );
  const family = metadata.string('general.architecture');
  if (family !== base.architecture.name)
    throw badModel(
      `The adapter is for a model of the architecture ${quoted(family)}, and this one is ${quoted(base.architecture.name)}. Choose an adapter that was made for this model.`,
    );
  const alpha = metadata.number(ALPHA, 0);
  const unknown = metadata.notAsked('adapter.').find((key) => !IDLE.includes(key));
  if (unknown !== undefined)
    throw unsupportedModel(
      `The adapter's metadata has ${quoted(unknown)}, and Hearth knows ${KIND} and ${ALPHA}: the answers might be wrong. Get another version of the adapter.`,
    );

  const matrices = matricesOf(base.tensors);
  const maps = new Map<string, AdapterMap>();
  for (const name of tensors.keys()) {
    const matrix = /^(.+)\.lora_[ab]$/.exec(name)?.[1];
    if (matrix === undefined)
      throw unsupportedModel(
        `The adapter has the tensor ${quoted(name)}, and Hearth knows those that end in .lora_a and .lora_b. Get another version of the adapter.`,
      );
    if (!maps.has(matrix)) maps.set(matrix, mapOf(matrix, tensors, matrices, alpha));
  }
  if (maps.size === 0) throw badModel('The adapter has no tensors: it would change nothing. Get it again.');
  return { name: metadata.string('general.name', 'adapter'), maps };
}

/** The matrices of the model's blocks, by name: what an adapter may be of. */
function matricesOf({ blocks }: ModelTensors): Map<string, TensorInfo> {
  const matrices = new Map<string, TensorInfo>();
  replaceLeaves<unknown, AnyLeaf<TensorInfo>>(blocks, ({ leaf, tensors }) => {
    if (leaf !== 'linear') return undefined;
    for (const tensor of tensors) if (tensor.shape.length <= 2) matrices.set(tensor.name, tensor);
    return undefined;
  });
  return matrices;
}

function mapOf(
  name: string,
  tensors: ReadonlyMap<string, TensorInfo>,
  matrices: ReadonlyMap<string, TensorInfo>,
  alpha: number,
): AdapterMap {
  const matrix = matrices.get(name);
  if (!matrix)
    throw unsupportedModel(
      `The adapter changes ${quoted(name)}, which is no matrix of this model's blocks, such as ${quoted([...matrices.keys()][0] ?? '')}. Choose an adapter that was made for this model.`,
    );
  const [inputs = 1, outputs = 1] = matrix.shape;
  const a = tensors.get(`${name}.lora_a`);
  const b = tensors.get(`${name}.lora_b`);
  if (!a || !b)
    throw badModel(
      `The adapter lacks the tensor ${quoted(`${name}.lora_${a ? 'b' : 'a'}`)}. Convert or download it again.`,
    );
  // A rank of 1 may be left out of the shape
  const rank = a.shape[1] ?? 1;
  if (rank > MAX_RANK)
    throw unsupportedModel(
      `The adapter is of rank ${rank} at ${quoted(name)}, and Hearth takes up to ${MAX_RANK}. Choose a smaller one.`,
    );
  mustMeasure(a, [inputs, rank], matrix);
  mustMeasure(b, [rank, outputs], matrix);
  return { a, b, rank, factor: alpha === 0 ? 1 : alpha / rank };
}

function mustMeasure({ name, shape }: TensorInfo, wanted: number[], of: TensorInfo): void {
  const isRight = shape.length <= 2 && wanted.every((length, i) => (shape[i] ?? 1) === length);
  if (!isRight)
    throw badModel(
      `The adapter's ${quoted(name)} is ${shape.join(' × ')}, but should be ${wanted.join(' × ')} to fit ${of.shape.join(' × ')}. Choose an adapter that was made for this model.`,
    );
}
