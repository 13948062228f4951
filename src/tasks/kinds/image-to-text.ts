import { generation, taskArgs } from '../args.ts';
import { onImages } from '../call-pipeline.ts';
import { image } from '../images/image-input.ts';
import type { Task } from '../task.ts';

/** A caption, or what is written in the image (OCR), by what the model was taught. */
export const imageToText: Task = {
  name: 'image-to-text',
  model: 'Xenova/vit-gpt2-image-captioning',
  parse: taskArgs(image, generation),
  run: onImages,
};
