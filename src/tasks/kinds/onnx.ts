import { decodeAll } from '../images/decode.ts';
import { type ImageInput, image } from '../images/image-input.ts';
import { taskArgs } from '../args.ts';
import { loadOnnx } from '../custom/load-onnx.ts';
import { isTensors, tensors } from '../custom/tensors.ts';
import type { Task } from '../task.ts';

/**
 * Any ONNX file: `pipe({ name: { type, dims, data } })` gives its inputs and resolves to its outputs, by name. Where the
 * folder has a `preprocessor_config.json`, an image may stand in place of the inputs.
 */
export const onnx: Task = {
  name: 'onnx',
  model: '',
  filesOf: null,
  parse: taskArgs((value, name) => (isTensors(value) ? tensors(value, name) : image(value, name)), {}),
  load: loadOnnx,
  async run(pipeline, { inputs, isList }, { library }) {
    const answers: unknown[] = [];
    for (const input of inputs) {
      const [whole] = isTensors(input) ? [input] : await decodeAll([input as ImageInput], library);
      answers.push(await pipeline(whole));
    }
    return isList ? answers : answers[0];
  },
};
