import { taskArgs } from '../args.ts';
import { onImages } from '../call-pipeline.ts';
import { image } from '../images/image-input.ts';
import type { Task } from '../task.ts';

/** The image again, with what is behind its subject made transparent. */
export const backgroundRemoval: Task = {
  name: 'background-removal',
  model: 'Xenova/modnet',
  parse: taskArgs(image, {}),
  run: onImages,
};
