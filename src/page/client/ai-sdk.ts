// A provider for the AI SDK: `generateText({ model: hearth('…'), prompt })`.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { HEARTH_URL, hearthFetch } from './index.ts';

/** Models of this machine, by their ids. */
export const hearth = createOpenAICompatible({
  name: 'hearth',
  baseURL: HEARTH_URL,
  fetch: hearthFetch,
  includeUsage: true,
  supportsStructuredOutputs: true,
});
