import { integer, taskArgs, text } from '../args.ts';
import type { Task } from '../task.ts';

export const textClassification: Task = {
  name: 'text-classification',
  model: 'Xenova/distilbert-base-uncased-finetuned-sst-2-english',
  parse: taskArgs(text, { top_k: integer(1, 1_000_000) }),
};
