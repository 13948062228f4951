import type { GenerateInput, GenerateOutput, GeneratePart } from './generate.ts';
import type { ModelSummary } from './models.ts';

/** What a page may call on the offscreen document. Its origin is the browser's word, never the page's. */
export interface PageCalls {
  /** Asks the user, if they have not answered for this origin and these models before; waits for what they must download. */
  request: { input: { models: string[] }; part: never; output: { models: string[] } };
  /** Fails with `not-allowed` until the user has said yes. */
  models: { input: undefined; part: never; output: ModelSummary[] };
  /** `downloadable` on every machine until the user has said yes, so that it tells nothing. */
  availability: { input: undefined; part: never; output: 'available' | 'downloadable' | 'unavailable' };
  /** Asks the user first if need be. Each part names the model that answers. */
  generate: { input: GenerateInput; part: GeneratePart & { model: string }; output: GenerateOutput };
}
