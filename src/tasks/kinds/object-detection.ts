import { flag, number, taskArgs } from '../args.ts';
import { onImages } from '../call-pipeline.ts';
import { image } from '../images/image-input.ts';
import type { Task } from '../task.ts';
import { isYolox, loadYolox } from '../yolox/load-yolox.ts';
import { loadPipeline } from '../load-pipeline.ts';

/** Boxes around what is seen. Besides the library's models, those of the YOLOX family. */
export const objectDetection: Task = {
  name: 'object-detection',
  model: 'Xenova/detr-resnet-50',
  parse: taskArgs(image, { threshold: number(0, 1), percentage: flag }),
  load: async (library, options) =>
    (await isYolox(options))
      ? loadYolox(library, options)
      : loadPipeline('object-detection', library, options),
  run: onImages,
};
