import { generation, taskArgs, text } from '../args.ts';
import type { Task } from '../task.ts';

export const text2textGeneration: Task = {
  name: 'text2text-generation',
  model: 'Xenova/flan-t5-small',
  parse: taskArgs(text, generation),
};
