import { SAMPLING_PARAMS } from '../../protocol/built-in-ai.ts';
import { checkKey, defineGetter } from './interface.ts';

export class LanguageModelParams {
  constructor(given: unknown = undefined) {
    checkKey(given);
  }
}
for (const [name, value] of Object.entries(SAMPLING_PARAMS))
  defineGetter(LanguageModelParams, name, () => value);
