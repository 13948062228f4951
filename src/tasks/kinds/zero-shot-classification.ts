import { flag, labels, shortText, taskArgs, text } from '../args.ts';
import type { Task } from '../task.ts';

/** Which of a page's own labels a text is about: asked of a model that knows what follows from what. */
export const zeroShotClassification: Task = {
  name: 'zero-shot-classification',
  model: 'Xenova/distilbert-base-uncased-mnli',
  parse: taskArgs(text, { hypothesis_template: shortText, multi_label: flag }, [['labels', labels]]),
};
