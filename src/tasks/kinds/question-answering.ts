import { integer, taskArgs, text } from '../args.ts';
import type { Task } from '../task.ts';

/** The part of a context that answers a question. */
export const questionAnswering: Task = {
  name: 'question-answering',
  model: 'Xenova/distilbert-base-cased-distilled-squad',
  parse: taskArgs(text, { top_k: integer(1, 1_000) }, [['the context', text]]),
};
