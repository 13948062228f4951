import * as v from 'valibot';
import { nothing, parser } from '../channel/parser.ts';
import type { Handlers } from '../channel/serve.ts';
import { HearthError } from '../protocol/errors.ts';
import type { Prompt } from '../protocol/generate.ts';
import * as limits from '../protocol/limits.ts';
import type { PageCalls } from '../protocol/page-calls.ts';
import type { Consent } from './consent.ts';
import type { Engine } from './engine.ts';
import type { Page } from './page.ts';

const ModelId = v.pipe(v.string(), v.nonEmpty(), v.maxLength(limits.MAX_MODEL_ID_CHARS));
const Text = v.pipe(v.string(), v.maxLength(limits.MAX_PROMPT_CHARS));
const between = (min: number, max: number) => v.pipe(v.number(), v.minValue(min), v.maxValue(max));
const integer = (min: number, max: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

const RequestInput = v.object({
  models: v.pipe(v.array(ModelId), v.maxLength(limits.MAX_MODELS_PER_REQUEST)),
});

const PromptInput = v.variant('kind', [
  v.object({ kind: v.literal('text'), text: Text }),
  v.object({
    kind: v.literal('ids'),
    ids: v.pipe(
      v.array(integer(0, 2 ** 32 - 1)),
      v.minLength(1),
      // A token is at least a character, as a rule: one bound serves both
      v.maxLength(limits.MAX_PROMPT_CHARS),
    ),
  }),
  v.object({
    kind: v.literal('messages'),
    messages: v.pipe(
      v.array(v.object({ role: v.picklist(['system', 'user', 'assistant', 'tool']), content: Text })),
      v.minLength(1),
      v.maxLength(limits.MAX_MESSAGES),
      v.check(
        (messages) =>
          messages.reduce((sum, { content }) => sum + content.length, 0) <= limits.MAX_PROMPT_CHARS,
        `All messages together may have at most ${limits.MAX_PROMPT_CHARS} characters`,
      ),
    ),
  }),
]) satisfies v.GenericSchema<Prompt>;

const GenerateInput = v.object({
  model: v.undefinedable(ModelId),
  prompt: PromptInput,
  maxTokens: v.undefinedable(integer(1, 2 ** 31)),
  sampling: v.object({
    temperature: between(0, 2),
    topK: integer(0, 2 ** 31),
    topP: between(0, 1),
    minP: between(0, 1),
    repetitionPenalty: between(0.01, 100),
    frequencyPenalty: between(-2, 2),
    presencePenalty: between(-2, 2),
    seed: integer(0, 2 ** 32 - 1),
  }),
  stop: v.pipe(
    v.array(v.pipe(v.string(), v.nonEmpty(), v.maxLength(limits.MAX_STOP_CHARS))),
    v.maxLength(limits.MAX_STOP_STRINGS),
  ),
});

export interface PageCallDeps {
  page: Page;
  consent: Consent;
  engine: Engine;
}

/** What a page may call. Nothing about machine or models goes out before the user has said yes. */
export function pageCalls({ page, consent, engine }: PageCallDeps): Handlers<PageCalls> {
  return {
    request: {
      parse: parser(RequestInput),
      run: async ({ models }, call) => ({ models: await consent.request(page, models, call.signal) }),
    },
    models: {
      parse: nothing,
      async run(_, { signal }) {
        const models = await consent.models(page);
        if (!models)
          throw new HearthError(
            'not-allowed',
            'This site may not use Hearth yet. Call hearth.request() to ask the user.',
          );
        return (await engine.client()).call('summaries', { models }, { signal });
      },
    },
    availability: {
      parse: nothing,
      async run() {
        if (!(await consent.models(page))) return 'downloadable';
        const defaultModel = await engine.defaultModel();
        const infos = await (await engine.client()).call('models', undefined);
        const info = infos.find(({ id }) => id === defaultModel);
        if (!info || info.problem) return 'unavailable';
        return info.state === 'ready' ? 'available' : 'downloadable';
      },
    },
    generate: {
      parse: parser(GenerateInput),
      async run(input, call) {
        const [model] = await consent.need(page, input.model ? [input.model] : [], call.signal);
        const client = await engine.client();
        const stream = client.stream(
          'generate',
          { ...input, model, origin: page.origin, lane: 'interactive' },
          { signal: call.signal },
        );
        for await (const part of stream) await call.send({ ...part, model: model! });
        return stream.output;
      },
    },
  };
}
