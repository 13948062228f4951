import { badModel, quoted, unsupportedModel } from '../errors.ts';
import type { Gguf, TensorInfo } from '../gguf/read-gguf.ts';
import type { Architecture, ModelTensors, TensorSpec } from './architecture.ts';
import type { ModelConfig } from './model-config.ts';
import { type AnyLeaf, replaceLeaves } from './roles.ts';

/**
 * Every tensor of the file in its role and of the shape that `config` asks for. A tensor without a role is
 * refused: what Hearth does not use (a bias, an expert) would be missing from the answer.
 */
export function findTensors(
  architecture: Architecture,
  config: ModelConfig,
  { tensors }: Gguf,
): ModelTensors {
  const left = new Set(tensors.keys());

  const find = (spec: TensorSpec, block: number): TensorInfo | undefined => {
    const name = spec.name.replace('{block}', String(block));
    const tensor = tensors.get(name);
    left.delete(name);
    if (tensor) checkShape(tensor, spec.shape(config));
    else if (!spec.isOptional)
      throw badModel(`The model lacks the tensor ${quoted(name)}. Convert or download it again.`);
    return tensor;
  };
  /** A leaf of several tensors has all of them or none. */
  const findAll = <T>(specs: object, block: number): T =>
    replaceLeaves<T, AnyLeaf<TensorSpec>>(specs, ({ leaf, tensors: usual, instead }) => {
      const isOther = instead && tensors.has(instead.name.replace('{block}', String(block)));
      const wanted = isOther ? [instead] : usual;
      const found = wanted.flatMap((spec) => find(spec, block) ?? []);
      if (found.length === 0) return undefined;
      if (found.length < wanted.length)
        throw badModel(
          `The model has the tensor ${quoted(found[0]!.name)}, but not all of those that go with it. Convert or download it again.`,
        );
      return { leaf, tensors: found };
    });

  const found: ModelTensors = {
    ...findAll<ModelTensors>(architecture.tensors, 0),
    blocks: Array.from({ length: config.blocks }, (_, block) =>
      findAll<ModelTensors['blocks'][number]>(architecture.block(config, block), block),
    ),
  };
  const [unknown] = left;
  if (unknown !== undefined)
    throw unsupportedModel(
      `The model has the tensor ${quoted(unknown)}, which Hearth's ${architecture.name} does not compute with. Get another version of the model.`,
    );
  return found;
}

function checkShape({ name, shape }: TensorInfo, wanted: readonly number[]): void {
  if (withoutOnes(shape) !== withoutOnes(wanted))
    throw badModel(
      `The tensor ${quoted(name)} is ${shape.join(' × ')}, but should be ${wanted.join(' × ')}.`,
    );
}

/** Some writers leave out lengths of 1 at the end. */
function withoutOnes(shape: readonly number[]): string {
  const length = shape.findLastIndex((size) => size !== 1) + 1;
  return shape.slice(0, length).join();
}
