import type { TaskArgs } from '../protocol/tasks.ts';
import { decodeAll } from './images/decode.ts';
import type { ImageInput } from './images/image-input.ts';
import type { LoadedPipeline, Task } from './task.ts';

/** Calls a pipeline as its page did: with one input, or with a list. */
export function callPipeline(
  pipeline: LoadedPipeline,
  { inputs, isList, rest, options }: TaskArgs,
): Promise<unknown> {
  return pipeline(isList ? inputs : inputs[0], ...rest, options);
}

/** The same with inputs that are images. */
export const onImages: NonNullable<Task['run']> = async (pipeline, args, { library }) => {
  const inputs = await decodeAll(args.inputs as ImageInput[], library);
  return callPipeline(pipeline, { ...args, inputs });
};
