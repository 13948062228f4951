import { generation, shortText, taskArgs, text } from '../args.ts';
import type { Task } from '../task.ts';

export const translation: Task = {
  name: 'translation',
  model: 'Xenova/t5-small',
  parse: taskArgs(text, { ...generation, src_lang: shortText, tgt_lang: shortText }),
};
