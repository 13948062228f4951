// The MAIN world's script, in every page before its own. It defines names and does nothing else until one is used.
import { makeHearth } from './api.ts';
import { defineBuiltInAi } from './built-in-ai/index.ts';
import { defineCrossOriginStorage } from './cross-origin-storage.ts';
import { defineLazily } from './define-lazily.ts';

defineLazily('hearth', makeHearth);
defineBuiltInAi();
defineCrossOriginStorage();
