import { expect, test } from 'vitest';
import { fakeEndpoints } from '../../../test/fakes/endpoints.ts';

const post = fakeEndpoints();
const base = { model: 'hearthside', max_tokens: 100 };
const create = (body: object) => post('POST', '/messages', { ...base, ...body });
const assistant = (content: unknown) => [{ role: 'assistant', content }];
const user = (content: unknown) => [{ role: 'user', content }];

test('a message, and its events in their order', async () => {
  const { json } = await create({ messages: user('think hm | yes') });
  expect(json).toMatchObject({
    id: expect.stringMatching(/^msg_/),
    type: 'message',
    role: 'assistant',
    model: 'hearthside',
    content: [
      { type: 'thinking', thinking: 'hm', signature: '' },
      { type: 'text', text: 'yes' },
    ],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: expect.any(Number), output_tokens: expect.any(Number) },
  });
  const { events } = await create({ messages: user('think hm | yes'), stream: true });
  expect(events.map(({ name }) => name)).toEqual([
    'message_start',
    ...['content_block_start', 'content_block_delta', 'content_block_stop'],
    ...['content_block_start', 'content_block_delta', 'content_block_stop'],
    'message_delta',
    'message_stop',
  ]);
  expect(events.every(({ name, data }) => data.type === name)).toBe(true);
});

const tools = [{ name: 'f', input_schema: { type: 'object' } }];

test('tools are used, several side by side, with their input in pieces', async () => {
  const messages = user('call f {"x":1}\nf {"x":2}');
  const { json } = await create({ messages, tools });
  expect(json).toMatchObject({
    content: [
      { type: 'tool_use', id: 'call_0', name: 'f', input: { x: 1 } },
      { type: 'tool_use', id: 'call_1', name: 'f', input: { x: 2 } },
    ],
    stop_reason: 'tool_use',
  });
  const { events } = await create({ messages, tools, stream: true });
  const pieces = events.filter(({ data }) => data.index === 1 && data.delta).map(({ data }) => data.delta);
  expect(pieces.map((delta) => delta.partial_json).join('')).toBe('{"x":2}');
});

test('a conversation arrives: system, thoughts, uses, results before what the user says, and how the answer begins', async () => {
  const { json } = await create({
    system: [{ type: 'text', text: 'S', cache_control: { type: 'ephemeral' } }],
    messages: [
      { role: 'user', content: 'a' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature: '' },
          { type: 'text', text: 'b' },
          { type: 'tool_use', id: 'c', name: 'f', input: { x: 1 } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'echo' },
          { type: 'tool_result', tool_use_id: 'c', content: [{ type: 'text', text: 'no' }], is_error: true },
        ],
      },
      { role: 'assistant', content: '{' },
    ],
    tools,
    tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    stop_sequences: ['END'],
    thinking: { type: 'adaptive' },
    top_k: 5,
  });
  const input = JSON.parse(json.content[0].text);
  expect(input).toMatchObject({
    prompt: {
      messages: [
        { role: 'system', content: 'S' },
        { role: 'user', content: 'a' },
        {
          role: 'assistant',
          content: 'b',
          reasoning: 'hm',
          toolCalls: [{ id: 'c', name: 'f', arguments: '{"x":1}' }],
        },
        { role: 'tool', content: 'Error: no', toolCallId: 'c' },
        { role: 'user', content: 'echo' },
      ],
      answerStart: '{',
      tools: [{ name: 'f', parameters: '{"type":"object"}' }],
      reasoning: 'on',
    },
    maxTokens: 100,
    maxToolCalls: 1,
    stop: ['END'],
    sampling: { topK: 5 },
  });
});

test('tokens are counted before a message is sent', async () => {
  const body = { model: 'hearthside', messages: user('hello') };
  expect((await post('POST', '/messages/count_tokens', body)).json).toEqual({ input_tokens: 3 });
});

test.each([
  ['model', { model: undefined, messages: user('x') }],
  ['max_tokens', { max_tokens: undefined, messages: user('x') }],
  ['max_tokens', { max_tokens: 0, messages: user('x') }],
  ['messages', { messages: [] }],
  ['messages', { messages: [...user('x'), { role: 'assistant', content: 'x ' }] }],
  ['messages[0].role', { messages: [{ role: 'system', content: 'x' }] }],
  ['messages[0].content[0].type', { messages: user([{ type: 'image', source: {} }]) }],
  ['messages[0].content[0].tool_use_id', { messages: user([{ type: 'tool_result' }]) }],
  ['system', { messages: user('x'), system: 5 }],
  ['top_k', { messages: user('x'), top_k: -1 }],
  ['top_p', { messages: user('x'), top_p: 2 }],
  ['stream', { messages: user('x'), stream: 'yes' }],
  ['metadata', { messages: user('x'), metadata: [] }],
  ['metadata.user_id', { messages: user('x'), metadata: { user_id: 5 } }],
  ['service_tier', { messages: user('x'), service_tier: 'best' }],
  ['cache_control.type', { messages: user('x'), cache_control: {} }],
  [
    'messages[0].content[0].cache_control.ttl',
    { messages: user([{ type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '2h' } }]) },
  ],
  ['messages[0].content', { messages: user(5) }],
  ['messages[0].content[0].text', { messages: user([{ type: 'text' }]) }],
  ['messages[0].content[0].input', { messages: assistant([{ type: 'tool_use', id: 'a', name: 'f' }]) }],
  ['messages[0].content[0].thinking', { messages: assistant([{ type: 'thinking', thinking: 5 }]) }],
  ['tools', { messages: user('x'), tools: {} }],
  ['tools[0].name', { messages: user('x'), tools: [{ input_schema: {} }] }],
  ['tool_choice.type', { messages: user('x'), tool_choice: {} }],
  ['output_config.effort', { messages: user('x'), output_config: { effort: 'some' } }],
  ['output_config.format.type', { messages: user('x'), output_config: { format: { schema: {} } } }],
  ['temperature', { messages: user('x'), temperature: 1.5 }],
  ['stop_sequences', { messages: user('x'), stop_sequences: [''] }],
  ['tools[0].type', { messages: user('x'), tools: [{ type: 'bash_20250124', name: 'bash' }] }],
  ['tools[0].input_schema', { messages: user('x'), tools: [{ name: 'f' }] }],
  ['tool_choice', { messages: user('x'), tool_choice: { type: 'any' } }],
  ['thinking.budget_tokens', { messages: user('x'), thinking: { type: 'enabled', budget_tokens: 1024 } }],
  ['thinking.type', { messages: user('x'), thinking: { type: 'much' } }],
  ['container', { messages: user('x'), container: 'c' }],
  ['mcp_servers', { messages: user('x'), mcp_servers: [{}] }],
])('a message with %s wrong is refused by that name, as Anthropic says it', async (name, body) => {
  expect(await create(body)).toMatchObject({
    status: 400,
    json: {
      type: 'error',
      error: { type: 'invalid_request_error', message: expect.stringContaining(`\`${name}\``) },
    },
  });
});

test('whatever stands in a field, what comes back is an answer or Anthropic’s own error', async () => {
  const whole: Record<string, unknown> = {
    model: 'hearthside',
    messages: user('x'),
    ...{ max_tokens: 8, metadata: {}, stop_sequences: ['y'], stream: false, system: 's', temperature: 1 },
    ...{ thinking: { type: 'disabled' }, tools: [], tool_choice: { type: 'auto' }, top_k: 1, top_p: 1 },
    ...{ service_tier: 'auto', output_config: {}, cache_control: { type: 'ephemeral' } },
  };
  expect((await create(whole)).status).toBe(200);
  const garbage = ['', 'x', -1, 0.5, 64, true, [], [''], [{}], [[]], {}, { type: 'x' }, { x: 1 }];
  for (const field of Object.keys(whole))
    for (const value of garbage) {
      const { status, json } = await create({ ...whole, [field]: value });
      if (status === 200) continue;
      expect([field, value, status, json.error.type]).toEqual([field, value, 400, 'invalid_request_error']);
      expect(json.error.message, field).toMatch(new RegExp(`^\`${field}[^\`]*\` .*\\.$`, 's'));
    }
});

test('errors have Anthropic’s names, on paths of both APIs where its client asks', async () => {
  expect((await post('GET', '/models/nothing', undefined, true)).json).toMatchObject({
    type: 'error',
    error: { type: 'not_found_error' },
  });
  const { events } = await create({ messages: user('fail device-lost'), stream: true });
  expect(events.at(-1)).toMatchObject({ name: 'error', data: { error: { type: 'api_error' } } });
});
