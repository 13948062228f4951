import { expect, test } from 'vitest';
import { parser } from '../../channel/parser.ts';
import * as limits from '../../protocol/limits.ts';
import * as inputs from './inputs.ts';

const text = (length: number) => 'x'.repeat(length);
const session = {
  model: 'm',
  options: { topK: 40, temperature: 1 },
  contextWindow: 1024,
  contextUsage: 0,
};
const prompt = { session, history: [], contextUsage: 0, turns: [] };
const turn = (content: unknown) => ({ role: 'user', content });
const task = {
  api: 'translator',
  session: { ...session, options: {} },
  input: 'x',
  context: '',
};

test.each([
  ['a prompt', inputs.PromptCallInput, prompt],
  [
    'a prompt with all there is',
    inputs.PromptCallInput,
    {
      ...prompt,
      turns: [
        turn([{ type: 'text', value: 'x' }, { type: 'image' }]),
        {
          ...turn([{ type: 'tool-call', value: { callID: '1', name: 'f', arguments: '{}' } }]),
          prefix: true,
        },
        turn([{ type: 'tool-response', value: { callID: '1', name: 'f', errorMessage: 'x' } }]),
      ],
      constraint: { kind: 'regex', pattern: 'x' },
      describeConstraint: true,
    },
  ],
  ['a task', inputs.TaskCallInput, task],
  [
    'a detector’s task',
    inputs.TaskCallInput,
    { ...task, session: { ...task.session, contextWindow: Infinity } },
  ],
  [
    'options with infinite numbers',
    inputs.CreateLanguageModelInput,
    { options: { topK: Infinity, temperature: NaN }, initialPrompts: [], isActive: true },
  ],
])('%s is taken', (_, schema, input) => {
  expect(parser(schema as never)(input)).toEqual(input);
});

test.each([
  ['nothing', inputs.PromptCallInput, undefined],
  ['no session', inputs.PromptCallInput, { ...prompt, session: undefined }],
  [
    'a session that samples nothing',
    inputs.PromptCallInput,
    { ...prompt, session: { ...session, options: { topK: 0, temperature: 1 } } },
  ],
  [
    'a session that samples anything',
    inputs.PromptCallInput,
    { ...prompt, session: { ...session, options: { topK: 1, temperature: 1e9 } } },
  ],
  ['a negative usage', inputs.PromptCallInput, { ...prompt, contextUsage: -1 }],
  ['a usage that is no number', inputs.PromptCallInput, { ...prompt, contextUsage: NaN }],
  [
    'too many turns',
    inputs.PromptCallInput,
    { ...prompt, turns: Array(limits.MAX_MESSAGES + 1).fill(turn([])) },
  ],
  [
    'too long a text',
    inputs.PromptCallInput,
    { ...prompt, turns: [turn([{ type: 'text', value: text(limits.MAX_MEASURED_CHARS + 1) }])] },
  ],
  ['a part of an unknown type', inputs.PromptCallInput, { ...prompt, turns: [turn([{ type: 'smell' }])] }],
  ['a text that is none', inputs.PromptCallInput, { ...prompt, turns: [turn([{ type: 'text', value: 5 }])] }],
  [
    'too long a schema',
    inputs.PromptCallInput,
    { ...prompt, constraint: { kind: 'json-schema', schema: text(limits.MAX_CONSTRAINT_CHARS + 1) } },
  ],
  ['an unknown constraint', inputs.PromptCallInput, { ...prompt, constraint: { kind: 'vibes' } }],
  ['an unknown interface', inputs.TaskCallInput, { ...task, api: 'constructor' }],
  [
    'an option of an unknown value',
    inputs.CreateTaskInput,
    { api: 'writer', options: { tone: 'rude' }, isActive: true },
  ],
  [
    'a malformed tag',
    inputs.CreateTaskInput,
    { api: 'writer', options: { outputLanguage: 'e' }, isActive: true },
  ],
  [
    'too many languages',
    inputs.CreateTaskInput,
    {
      api: 'writer',
      options: { expectedInputLanguages: Array(limits.MAX_LANGUAGES + 1).fill('en') },
      isActive: true,
    },
  ],
  [
    'a tool whose schema is no JSON',
    inputs.CreateLanguageModelInput,
    {
      options: { tools: [{ name: 'f', description: 'f', inputSchema: '{' }] },
      initialPrompts: [],
      isActive: true,
    },
  ],
  [
    'too many tools',
    inputs.CreateLanguageModelInput,
    {
      options: {
        tools: Array(limits.MAX_TOOLS + 1).fill({ name: 'f', description: 'f', inputSchema: '{}' }),
      },
      initialPrompts: [],
      isActive: true,
    },
  ],
])('%s is bad input', (_, schema, input) => {
  expect(() => parser(schema as never)(input)).toThrow(expect.objectContaining({ code: 'bad-input' }));
});

test('fields that nobody knows do not come through', () => {
  const parsed = parser(inputs.TaskCallInput)({ ...task, origin: 'http://other', lane: 'bulk' });
  expect(parsed).toEqual(task);
});
