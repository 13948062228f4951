import { listOf, shortText, taskArgs, text } from '../args.ts';
import type { Task } from '../task.ts';

/** What each token is: part of a name, a place and so on. */
export const tokenClassification: Task = {
  name: 'token-classification',
  model: 'Xenova/bert-base-multilingual-cased-ner-hrl',
  parse: taskArgs(text, { ignore_labels: listOf(shortText) }),
};
