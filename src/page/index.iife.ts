// The MAIN world's script, in every page before its own. It defines names and does nothing else until one is read.
import { makeHearth } from './api.ts';
import { defineLazily } from './define-lazily.ts';
import { makeLanguageModel } from './language-model.ts';

defineLazily('hearth', makeHearth);
defineLazily('LanguageModel', makeLanguageModel);
