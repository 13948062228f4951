import { flag, taskArgs } from '../args.ts';
import { onImages } from '../call-pipeline.ts';
import { image } from '../images/image-input.ts';
import type { Task } from '../task.ts';

export const imageFeatureExtraction: Task = {
  name: 'image-feature-extraction',
  model: 'Xenova/vit-base-patch16-224-in21k',
  parse: taskArgs(image, { pool: flag }),
  run: onImages,
};
