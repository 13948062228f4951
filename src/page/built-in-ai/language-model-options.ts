import { CONTENT_TYPES, type LanguageModelOptions, SAMPLING_MODES } from '../../protocol/built-in-ai.ts';
import { CREATE_MEMBERS } from './create.ts';
import { messages } from './prompt-input.ts';
import { type Functions, tools } from './tools.ts';
import * as idl from './webidl.ts';

const expected = idl.sequence(
  idl.dictionary({ languages: idl.languageTags, type: idl.required(idl.oneOf(...CONTENT_TYPES)) }),
) as idl.Convert<NonNullable<LanguageModelOptions['expectedInputs']>>;

const CORE_MEMBERS = {
  expectedInputs: expected,
  expectedOutputs: expected,
  samplingMode: idl.oneOf(...SAMPLING_MODES),
  temperature: idl.double,
  tools,
  topK: idl.double,
};
export const CoreOptions = idl.dictionary(CORE_MEMBERS);
export const CreateOptions = idl.dictionary({
  ...CORE_MEMBERS,
  ...CREATE_MEMBERS,
  initialPrompts: idl.withDefault(messages, []),
});
type Core = ReturnType<typeof CoreOptions>;

/** What is sent, and the functions that stay here. */
export function toOptions({ tools: given, ...rest }: Partial<Core>): {
  plain: LanguageModelOptions;
  functions: Functions;
} {
  const functions = given?.functions ?? new Map();
  const plain = { ...rest } as LanguageModelOptions;
  if (given) {
    plain.tools = given.declarations;
    plain.runsTools = functions.size > 0 && functions.size === given.declarations.length;
  }
  return { plain, functions };
}
