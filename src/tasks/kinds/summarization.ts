import { generation, taskArgs, text } from '../args.ts';
import type { Task } from '../task.ts';

export const summarization: Task = {
  name: 'summarization',
  model: 'Xenova/distilbart-cnn-6-6',
  parse: taskArgs(text, generation),
};
