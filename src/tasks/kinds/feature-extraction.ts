import { flag, oneOf, taskArgs, text } from '../args.ts';
import { joined } from '../joined.ts';
import type { Task } from '../task.ts';

/** Vectors of texts: of each token, or one for each text where `pooling` says how. */
export const featureExtraction: Task = {
  name: 'feature-extraction',
  model: 'Xenova/all-MiniLM-L6-v2',
  parse: taskArgs(text, {
    pooling: oneOf('none', 'mean', 'cls', 'first_token', 'last_token', 'eos'),
    normalize: flag,
  }),
  // A text's one vector does not depend on its neighbours; those of its tokens come padded to the longest
  together: joined(({ options: { pooling, normalize } }) =>
    pooling === 'mean' || pooling === 'cls' ? `${pooling} ${normalize}` : undefined,
  ),
};
