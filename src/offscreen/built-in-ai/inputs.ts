// What pages send, until it has been parsed: shapes and sizes only. What it means is judged by others.
import * as v from 'valibot';
import {
  AVAILABILITIES,
  BUILT_IN_APIS,
  CONTENT_TYPES,
  type LanguageModelOptions,
  type PromptInput,
  SAMPLING_MODES,
  type TaskOptions,
  type Turn,
} from '../../protocol/built-in-ai.ts';
import type { Constraint } from '../../protocol/generate.ts';
import * as limits from '../../protocol/limits.ts';

const Api = v.picklist(BUILT_IN_APIS);
const Text = v.pipe(v.string(), v.maxLength(limits.MAX_MEASURED_CHARS));
const Short = v.pipe(v.string(), v.maxLength(limits.MAX_TOOL_CHARS));
const Tag = v.pipe(
  v.string(),
  v.maxLength(100),
  v.check((tag) => {
    try {
      return Intl.getCanonicalLocales(tag).length === 1;
    } catch {
      return false;
    }
  }, 'a language tag was expected'),
);
const Tags = v.pipe(v.array(Tag), v.maxLength(limits.MAX_LANGUAGES));
const Count = v.pipe(v.number(), v.minValue(0));

const Expected = v.object({ type: v.picklist(CONTENT_TYPES), languages: v.exactOptional(Tags) });
const Expecteds = v.pipe(v.array(Expected), v.maxLength(limits.MAX_LANGUAGES));
const Json = v.pipe(Short, v.check(isJson, 'JSON was expected'));
const Tool = v.object({ name: Short, description: Short, inputSchema: Json });

/** Numbers may be infinite: the specification has its own rules for their ranges. */
const AnyNumber = v.custom<number>((value) => typeof value === 'number', 'a number was expected');

const LanguageModelOptionsInput: v.GenericSchema<unknown, LanguageModelOptions> = v.object({
  topK: v.exactOptional(AnyNumber),
  temperature: v.exactOptional(AnyNumber),
  samplingMode: v.exactOptional(v.picklist(SAMPLING_MODES)),
  expectedInputs: v.exactOptional(Expecteds),
  expectedOutputs: v.exactOptional(Expecteds),
  tools: v.exactOptional(v.pipe(v.array(Tool), v.maxLength(limits.MAX_TOOLS))),
  runsTools: v.exactOptional(v.boolean()),
});

const TaskOptionsInput: v.GenericSchema<unknown, TaskOptions> = v.pipe(
  v.object({
    sharedContext: v.exactOptional(Text),
    type: v.exactOptional(v.picklist(['tldr', 'teaser', 'key-points', 'headline'])),
    tone: v.exactOptional(v.picklist(['formal', 'neutral', 'casual', 'as-is', 'more-formal', 'more-casual'])),
    format: v.exactOptional(v.picklist(['plain-text', 'markdown', 'as-is'])),
    length: v.exactOptional(v.picklist(['short', 'medium', 'long', 'as-is', 'shorter', 'longer'])),
    expectedInputLanguages: v.exactOptional(Tags),
    expectedContextLanguages: v.exactOptional(Tags),
    outputLanguage: v.exactOptional(Tag),
    sourceLanguage: v.exactOptional(Tag),
    targetLanguage: v.exactOptional(Tag),
    includeCorrectionTypes: v.exactOptional(v.boolean()),
    includeCorrectionExplanations: v.exactOptional(v.boolean()),
    correctionExplanationLanguage: v.exactOptional(Tag),
  }),
  v.transform((options): TaskOptions => options),
);

const ToolCallInput = v.object({ callID: Short, name: Short, arguments: Text });
const Content = v.variant('type', [
  v.object({ type: v.literal('text'), value: Text }),
  v.object({ type: v.literal('image') }),
  v.object({ type: v.literal('audio') }),
  v.object({ type: v.literal('tool-call'), value: ToolCallInput }),
  v.object({
    type: v.literal('tool-response'),
    value: v.union([
      v.object({ callID: Short, name: Short, result: Text }),
      v.object({ callID: Short, name: Short, errorMessage: Text }),
    ]),
  }),
]);
const Turns: v.GenericSchema<unknown, Turn[]> = v.pipe(
  v.array(
    v.object({
      role: v.picklist(['system', 'user', 'assistant']),
      content: v.pipe(v.array(Content), v.maxLength(limits.MAX_MESSAGES)),
      prefix: v.exactOptional(v.boolean()),
    }),
  ),
  v.maxLength(limits.MAX_MESSAGES),
);

const Rule = v.pipe(v.string(), v.maxLength(limits.MAX_CONSTRAINT_CHARS));
export const ConstraintInput: v.GenericSchema<unknown, Constraint> = v.variant('kind', [
  v.object({ kind: v.literal('json-schema'), schema: Rule }),
  v.object({ kind: v.literal('regex'), pattern: Rule }),
  v.object({ kind: v.literal('grammar'), ebnf: Rule }),
  v.object({ kind: v.literal('json') }),
]);

const sessionOf = <Options>(options: v.GenericSchema<unknown, Options>) =>
  v.object({
    model: v.pipe(v.string(), v.maxLength(limits.MAX_MODEL_ID_CHARS)),
    options,
    contextWindow: Count,
    contextUsage: Count,
  });

export const WhoAnswersInput = v.object({
  own: v.exactOptional(v.picklist(AVAILABILITIES)),
  mayAsk: v.boolean(),
});
export const AvailabilityInput = v.variant('api', [
  v.object({ api: v.literal('language-model'), options: LanguageModelOptionsInput }),
  v.object({
    api: v.picklist(BUILT_IN_APIS.filter((api) => api !== 'language-model')),
    options: TaskOptionsInput,
  }),
]);
export const CreateLanguageModelInput = v.object({
  options: LanguageModelOptionsInput,
  initialPrompts: Turns,
  isActive: v.boolean(),
});
export const CreateTaskInput = v.object({ api: Api, options: TaskOptionsInput, isActive: v.boolean() });

const LanguageModelSessionInput = v.pipe(
  sessionOf(LanguageModelOptionsInput),
  v.check(
    ({ options: { topK = 0, temperature = -1 } }) =>
      Number.isInteger(topK) && topK >= 1 && temperature >= 0 && temperature <= 2,
    'a session as it was created was expected',
  ),
  v.transform((session) => session as PromptInput['session']),
);
export const PromptCallInput: v.GenericSchema<unknown, PromptInput> = v.object({
  session: LanguageModelSessionInput,
  history: Turns,
  contextUsage: Count,
  turns: Turns,
  constraint: v.exactOptional(ConstraintInput),
  describeConstraint: v.exactOptional(v.boolean()),
});
export const TaskCallInput = v.object({
  api: Api,
  session: sessionOf(TaskOptionsInput),
  input: Text,
  context: Text,
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
