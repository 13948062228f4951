import { labels, shortText, taskArgs } from '../args.ts';
import { onImages } from '../call-pipeline.ts';
import { image } from '../images/image-input.ts';
import type { Task } from '../task.ts';

export const zeroShotImageClassification: Task = {
  name: 'zero-shot-image-classification',
  model: 'Xenova/clip-vit-base-patch32',
  parse: taskArgs(image, { hypothesis_template: shortText }, [['labels', labels]]),
  run: onImages,
};
