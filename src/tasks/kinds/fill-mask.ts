import { integer, taskArgs, text } from '../args.ts';
import type { Task } from '../task.ts';

export const fillMask: Task = {
  name: 'fill-mask',
  model: 'Xenova/bert-base-uncased',
  parse: taskArgs(text, { top_k: integer(1, 10_000) }),
};
