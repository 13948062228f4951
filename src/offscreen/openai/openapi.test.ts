// What we answer, judged by OpenAI's own description of its API.
import { describe, expect, test } from 'vitest';
import { fakeEndpoints } from '../../../test/fakes/endpoints.ts';
import { openApi } from '../../../test/openapi.ts';

type Json = ReturnType<typeof JSON.parse>;

const description = openApi();

describe.skipIf(!description)('OpenAI’s description, where ../shared/data/openai-openapi is there', () => {
  const { ajv, whole } = description ?? ({} as never);

  /** The schema of the one event that bears this type: of all of them together, errors would say nothing. */
  function eventSchema(type: string): string {
    const { schemas } = whole.components;
    const names: string[] = schemas.ResponseStreamEvent.anyOf.map(({ $ref }: Json) => $ref.split('/').at(-1));
    return names.find((name) => schemas[name].properties?.type.enum?.includes(type)) ?? `none for ${type}`;
  }

  function faults(schema: string, value: unknown): unknown {
    const validate = ajv.getSchema(`openai#/components/schemas/${schema}`)!;
    return validate(value)
      ? []
      : validate.errors!.slice(0, 8).map((e) => `${e.instancePath} ${e.message} ${JSON.stringify(e.params)}`);
  }

  const user = (content: string) => [{ role: 'user', content }];
  const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }];
  const chats = {
    text: { messages: user('hello'), n: 2, logprobs: true, top_logprobs: 3, max_tokens: 3 },
    calls: { messages: user('call f {"x":1}\nf {"x":2}'), tools },
    thoughts: { messages: user('think hm | yes') },
  };

  test.each(Object.entries(chats))('a chat of %s is as described, whole and in chunks', async (_, body) => {
    const post = fakeEndpoints();
    const whole = await post('POST', '/chat/completions', body);
    expect(faults('CreateChatCompletionResponse', whole.json)).toEqual([]);
    const streamed = await post('POST', '/chat/completions', {
      ...body,
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(streamed.events.at(-1)!.data).toBe('[DONE]');
    for (const { data } of streamed.events.slice(0, -1))
      expect(faults('CreateChatCompletionStreamResponse', data)).toEqual([]);
  });

  test('completions, models, vectors and errors are as described', async () => {
    const post = fakeEndpoints();
    const body = { model: 'hearthside', prompt: ['a', 'b'], n: 2, logprobs: 3, max_tokens: 2 };
    expect(faults('CreateCompletionResponse', (await post('POST', '/completions', body)).json)).toEqual([]);
    expect(faults('ListModelsResponse', (await post('GET', '/models')).json)).toEqual([]);
    expect(faults('Model', (await post('GET', '/models/hearthside')).json)).toEqual([]);
    const vectors = await post('POST', '/embeddings', { model: 'hearthside', input: ['a'] });
    expect(faults('CreateEmbeddingResponse', vectors.json)).toEqual([]);
    const wrong = await post('POST', '/chat/completions', { messages: [], n: 'x' });
    expect(faults('ErrorResponse', wrong.json)).toEqual([]);
    expect(wrong.status).toBe(400);
  });

  const responses = {
    text: {
      input: 'hello',
      max_output_tokens: 8,
      instructions: 'Be kind.',
      include: ['message.output_text.logprobs'],
      top_logprobs: 3,
    },
    calls: {
      input: 'call f {"x":1}\nf {"x":2}',
      tools: [{ type: 'function', name: 'f', parameters: { type: 'object' }, strict: false }],
    },
    thoughts: { input: 'think hm | yes', reasoning: { effort: 'low' } },
  };

  test.each(Object.entries(responses))(
    'a response of %s is as described, whole and in events',
    async (_, body) => {
      const post = fakeEndpoints();
      const whole = await post('POST', '/responses', { model: 'hearthside', ...body });
      expect(faults('Response', whole.json)).toEqual([]);
      const { events } = await post('POST', '/responses', { model: 'hearthside', ...body, stream: true });
      for (const { name, data } of events) {
        expect(name).toBe(data.type);
        expect(faults(eventSchema(data.type), data)).toEqual([]);
      }
      expect(events.map(({ data }) => data.sequence_number)).toEqual([...events.keys()]);
    },
  );
});
