import { listOf, number, oneOf, integer, taskArgs } from '../args.ts';
import { onImages } from '../call-pipeline.ts';
import { image } from '../images/image-input.ts';
import type { Task } from '../task.ts';

/** Masks of the image's size, one for each thing that is seen. */
export const imageSegmentation: Task = {
  name: 'image-segmentation',
  model: 'Xenova/detr-resnet-50-panoptic',
  parse: taskArgs(image, {
    threshold: number(0, 1),
    mask_threshold: number(0, 1),
    overlap_mask_area_threshold: number(0, 1),
    label_ids_to_fuse: listOf(integer(0, 1_000_000)),
    subtask: oneOf('panoptic', 'instance', 'semantic'),
  }),
  run: onImages,
};
