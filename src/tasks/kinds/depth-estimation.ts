import { taskArgs } from '../args.ts';
import { onImages } from '../call-pipeline.ts';
import { image } from '../images/image-input.ts';
import type { Task } from '../task.ts';

export const depthEstimation: Task = {
  name: 'depth-estimation',
  model: 'onnx-community/depth-anything-v2-small',
  parse: taskArgs(image, {}),
  run: onImages,
};
