import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { openInstance } from '../../../test/gpu.ts';
import { randomModel } from '../../cli/random-model.ts';
import { type Constraint, GREEDY, type SamplingOptions, type ToolChoice } from '../../protocol/generate.ts';
import { systemClock } from '../clock.ts';
import { Engine } from '../engine.ts';

// A model of random weights writes whatever it may: what it writes all the same is what the mask leaves
const bytes = randomModel('tiny', 'Q8_0');
const engine = new Engine({
  gpu: openInstance(),
  clock: systemClock,
  open: async () => ({
    source: {
      size: bytes.length,
      read: async (offset: number, length: number) => bytes.slice(offset, offset + length),
    },
    name: 'tiny',
  }),
});

async function answer(
  constraint: Constraint | undefined,
  sampling: Partial<SamplingOptions> = {},
  { maxTokens = 400, ids = [1, 2, 3], origin = 'https://a.example' } = {},
) {
  let text = '';
  const came: number[] = [];
  const output = await engine.generate(
    {
      model: 'a',
      prompt: { kind: 'ids', ids },
      maxTokens,
      sampling: { ...GREEDY, ...sampling },
      stop: [],
      origin,
      lane: 'interactive',
      ...(constraint ? { constraint } : {}),
    },
    async (part) => {
      text += part.text;
      came.push(...part.ids);
    },
    new AbortController().signal,
  );
  return { text, ids: came, ...output };
}

const SCHEMAS = [
  { type: 'boolean' },
  { enum: ['red', 'grün', '"quoted"', 12.5, null] },
  { type: 'integer', minimum: -17, maximum: 4321 },
  { type: 'string', maxLength: 6 },
  { type: 'string', format: 'date-time' },
  { type: 'string', pattern: '^[A-Z]{2}-\\d{3,5}(["\\\\]|ä|中)?$' },
  { type: 'array', items: { type: 'number', minimum: 0.25, exclusiveMaximum: 3 }, minItems: 2, maxItems: 3 },
  {
    type: 'object',
    properties: {
      name: { type: 'string', minLength: 1, maxLength: 4 },
      age: { type: 'integer', minimum: 0, maximum: 150 },
      kind: { anyOf: [{ const: 'a' }, { type: 'null' }] },
    },
    required: ['age', 'kind'],
    additionalProperties: false,
  },
];

test.each(SCHEMAS.map((schema) => ({ name: JSON.stringify(schema), schema })))(
  'a random model writes JSON of $name',
  async ({ schema }) => {
    const validate = new Ajv({ strict: false, formats: { 'date-time': isTime } }).compile(schema);
    const constraint: Constraint = { kind: 'json-schema', schema: JSON.stringify(schema) };
    const runs = [
      { temperature: 1, seed: 1 },
      { temperature: 2, seed: 2, topP: 0.9 },
      { temperature: 1.5, seed: 3, topK: 20 },
    ];
    for (const { text, finishReason } of await Promise.all(runs.map((run) => answer(constraint, run)))) {
      expect(finishReason).toBe('stop');
      expect(validate(JSON.parse(text)), `${text}: ${JSON.stringify(validate.errors)}`).toBe(true);
    }
  },
);

test('a pattern holds for the whole answer, and a grammar too', async () => {
  const hot = { temperature: 2, seed: 5 };
  const regex = await answer({ kind: 'regex', pattern: '(yes|no|maybe), [a-f]{3}!' }, hot);
  expect(regex.text).toMatch(/^(yes|no|maybe), [a-f]{3}!$/);
  const grammar = await answer({ kind: 'grammar', ebnf: 'root ::= ("ab" | "c")* "."' }, { ...hot, seed: 8 });
  expect(grammar.text).toMatch(/^(ab|c)*\.$/);
});

test('who is not held to anything gets the same tokens beside who is', async () => {
  const free = { temperature: 1, seed: 4 };
  const alone = await answer(undefined, free, { maxTokens: 24 });
  const [beside, held] = await Promise.all([
    answer(undefined, free, { maxTokens: 24, origin: 'https://b.example' }),
    answer({ kind: 'regex', pattern: '[01]{12}' }, { temperature: 1, seed: 9 }),
  ]);
  expect(beside.ids).toEqual(alone.ids);
  expect(held.text).toMatch(/^[01]{12}$/);
  // And the slot that was held before is free again
  expect((await answer(undefined, free, { maxTokens: 24, origin: 'https://c.example' })).ids).toEqual(
    alone.ids,
  );
});

const AGES = { type: 'object', properties: { age: { type: 'integer', maximum: 150 } }, required: ['age'] };
const tools = [
  { name: 'now', parameters: '{"type":"object","properties":{}}' },
  { name: 'old', parameters: JSON.stringify(AGES), strict: true },
];

async function calls(toolChoice: ToolChoice, sampling: Partial<SamplingOptions>, maxToolCalls?: number) {
  const made: { name: string; arguments: string }[] = [];
  const output = await engine.generate(
    {
      model: 'a',
      prompt: { kind: 'messages', messages: [{ role: 'user', content: 'a' }], tools },
      maxTokens: 200,
      sampling: { ...GREEDY, ...sampling },
      stop: [],
      origin: 'https://a.example',
      lane: 'interactive',
      readsAnswer: true,
      toolChoice,
      maxToolCalls,
    },
    async ({ pieces = [] }) => {
      for (const piece of pieces) {
        if (!('toolCall' in piece)) throw new Error(`${JSON.stringify(piece)} is no call.`);
        const { index, name = '', argumentsDelta } = piece.toolCall;
        made[index] ??= { name, arguments: '' };
        made[index].arguments += argumentsDelta;
      }
    },
    new AbortController().signal,
  );
  return { made, ...output };
}

test('a random model that has to call a tool calls it with what it takes', async () => {
  const validate = new Ajv({ strict: false }).compile(AGES);
  const { made, finishReason } = await calls('required', { temperature: 1.5, seed: 2 }, 1);
  expect([made.length, finishReason]).toEqual([1, 'stop']);
  const [{ name, arguments: json }] = made as [{ name: string; arguments: string }];
  expect(name === 'now' ? /^\{\s*\}$/.test(json) : validate(JSON.parse(json)), `${name} ${json}`).toBe(true);
});

test.each<{ why: string; constraint: Constraint; code: string; says: RegExp }>([
  {
    why: 'a keyword',
    constraint: { kind: 'json-schema', schema: '{"not":{}}' },
    code: 'not-supported',
    says: /`not` at #/,
  },
  { why: 'no schema', constraint: { kind: 'json-schema', schema: '[1' }, code: 'bad-input', says: /no JSON/ },
  {
    why: 'a lookahead',
    constraint: { kind: 'regex', pattern: 'a(?=b)' },
    code: 'not-supported',
    says: /a lookahead/,
  },
  { why: 'no grammar', constraint: { kind: 'grammar', ebnf: 'root := "' }, code: 'bad-input', says: /EBNF/ },
])('what cannot be followed is refused by name: $why', async ({ constraint, code, says }) => {
  await expect(answer(constraint)).rejects.toMatchObject({ code, message: expect.stringMatching(says) });
  // And harms nobody who comes after
  expect((await answer({ kind: 'regex', pattern: 'ok' })).text).toBe('ok');
});

function isTime(text: string): boolean {
  return !Number.isNaN(Date.parse(text));
}
