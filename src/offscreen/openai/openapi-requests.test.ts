// What we take, judged by OpenAI's own description of its API: what it refuses we refuse, in its words.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fakeEndpoints } from '../../../test/fakes/endpoints.ts';
import { openApi } from '../../../test/openapi.ts';

type Json = ReturnType<typeof JSON.parse>;
type Path = (string | number)[];

const description = openApi();

const parameters = { type: 'object', properties: { x: { type: 'number' } } };
const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] };
/** A request to each endpoint that says as much as can be said. */
const REQUESTS: Record<string, { schema: string; body: Json }> = {
  '/chat/completions': {
    schema: 'CreateChatCompletionRequest',
    body: {
      model: 'hearthside',
      messages: [
        { role: 'system', content: 'a' },
        { role: 'user', content: [{ type: 'text', text: 'b' }], name: 'n' },
        {
          role: 'assistant',
          content: 'c',
          tool_calls: [{ id: '1', type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
        { role: 'tool', content: 'd', tool_call_id: '1' },
      ],
      tools: [{ type: 'function', function: { name: 'f', description: 'e', parameters, strict: true } }],
      tool_choice: { type: 'function', function: { name: 'f' } },
      parallel_tool_calls: false,
      response_format: { type: 'json_schema', json_schema: { name: 's', schema, strict: true } },
      temperature: 0.5,
      top_p: 0.9,
      n: 2,
      stop: ['x'],
      seed: 1,
      max_completion_tokens: 4,
      logit_bias: { 5: -100 },
      presence_penalty: 1,
      frequency_penalty: -1,
      logprobs: true,
      top_logprobs: 2,
      reasoning_effort: 'low',
      stream: false,
      user: 'u',
      metadata: { k: 'v' },
    },
  },
  '/completions': {
    schema: 'CreateCompletionRequest',
    body: {
      model: 'hearthside',
      prompt: ['a', 'b'],
      max_tokens: 3,
      n: 2,
      best_of: 2,
      stop: 'x',
      echo: true,
      temperature: 1,
      logit_bias: { 5: 1 },
      seed: 3,
      stream: false,
      user: 'u',
    },
  },
  '/responses': {
    schema: 'CreateResponse',
    body: {
      model: 'hearthside',
      input: [
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'a' }] },
        { type: 'function_call', call_id: '1', name: 'f', arguments: '{}' },
        { type: 'function_call_output', call_id: '1', output: 'b' },
      ],
      instructions: 'c',
      tools: [{ type: 'function', name: 'f', description: 'd', parameters, strict: true }],
      tool_choice: { type: 'function', name: 'f' },
      text: { format: { type: 'json_schema', name: 's', schema } },
      reasoning: { effort: 'low' },
      max_output_tokens: 16,
      temperature: 0.5,
      top_p: 1,
      store: true,
      stream: false,
      metadata: { k: 'v' },
    },
  },
  '/embeddings': {
    schema: 'CreateEmbeddingRequest',
    body: { model: 'hearthside', input: ['a', 'b'], encoding_format: 'float', dimensions: 2, user: 'u' },
  },
};

/** Values of every kind, most of them wrong wherever they are put. */
const GARBAGE: readonly Json[] = [
  ...['', 'x', '{', -1, 0, 0.5, 3, 1e300, -1e300, true, false],
  ...[[], [''], [{}], [[1]], {}, { x: 1 }, { type: 'x' }, { type: 'image_url' }],
];

/** What is taken though the description refuses it, since it asks for nothing or means what it says. */
const LENIENT: readonly [field: RegExp, value: Json][] = [
  [/^(stop|functions)$/, []],
  [/^max_output_tokens$/, 3],
  [/^logit_bias\./, 0.5],
];
const isLenient = (field: string, value: Json) =>
  LENIENT.some(([name, taken]) => name.test(field) && JSON.stringify(taken) === JSON.stringify(value));

/** Where in a value something else can be put. */
function pathsIn(value: Json): Path[] {
  if (typeof value !== 'object' || value === null) return [[]];
  const entries: [string | number, Json][] = Array.isArray(value)
    ? value.map((one, i) => [i, one])
    : Object.entries(value);
  return [[], ...entries.flatMap(([key, one]) => pathsIn(one).map((rest) => [key, ...rest]))];
}

function put(value: Json, [key, ...rest]: Path, other: Json): Json {
  if (key === undefined) return other;
  const copy = Array.isArray(value) ? [...value] : { ...value };
  copy[key] = put(copy[key], rest, other);
  return copy;
}

describe.skipIf(!description)('OpenAI’s description, where ../shared/data/openai-openapi is there', () => {
  const { ajv, whole } = description ?? ({} as never);

  /** Refused as OpenAI does, by the name of a field that lies where the fault is. */
  function expectRefusal({ status, json }: { status: number; json: Json }, what: string): void {
    expect(status, what).toBe(400);
    expect(json.error, what).toMatchObject({
      type: 'invalid_request_error',
      message: expect.stringMatching(/\.$/),
      code: expect.any(String),
    });
  }

  describe.each(Object.entries(REQUESTS))('%s', (path, request) => {
    const isRight = (body: Json) =>
      ajv.validate(`openai#/components/schemas/${request.schema}`, body) === true;
    const ask = fakeEndpoints();

    test('takes a request that says as much as can be said', async () => {
      expect(isRight(request.body)).toBe(true);
      expect(await ask('POST', path, request.body)).toMatchObject({ status: 200 });
    });

    test('every field that there is, wrong, is refused by its name; right, it is followed or refused by its name', async () => {
      const named = ajv.getSchema(`openai#/components/schemas/${request.schema}`)!.schema as Json;
      const fieldsOf = ({ $ref, allOf = [], properties = {} }: Json): string[] => [
        ...($ref ? fieldsOf(whole.components.schemas[$ref.split('/').at(-1)]) : []),
        ...allOf.flatMap(fieldsOf),
        ...Object.keys(properties),
      ];
      const fields = [...new Set(fieldsOf(named))];
      expect(fields.length).toBeGreaterThan(4);
      for (const field of fields)
        for (const value of GARBAGE) {
          const body = { ...request.body, [field]: value };
          const what = `${field}: ${JSON.stringify(value)}`;
          const reply = await ask('POST', path, body);
          if (reply.status === 200 && (isRight(body) || isLenient(field, value))) continue;
          expectRefusal(reply, what);
          expect(reply.json.error.param ?? '', what).toMatch(/^\w/);
        }
    });

    test('whatever is wrong within a request is refused', async () => {
      const places = pathsIn(request.body).filter((place) => place.length > 1);
      const changed = fc.tuple(fc.constantFrom(...places), fc.constantFrom(...GARBAGE));
      await fc.assert(
        fc.asyncProperty(changed, async ([place, value]) => {
          const body = put(request.body, place, value);
          const reply = await ask('POST', path, body);
          const what = `${place.join('.')}: ${JSON.stringify(value)}`;
          if (reply.status !== 200) expectRefusal(reply, what);
          else expect(isRight(body) || isLenient(place.join('.'), value), what).toBe(true);
        }),
        { numRuns: 300, seed: 6 },
      );
    });
  });
});
