import { integer, taskArgs } from '../args.ts';
import { onImages } from '../call-pipeline.ts';
import { image } from '../images/image-input.ts';
import type { Task } from '../task.ts';

export const imageClassification: Task = {
  name: 'image-classification',
  model: 'Xenova/vit-base-patch16-224',
  parse: taskArgs(image, { top_k: integer(1, 1_000_000) }),
  run: onImages,
};
