import { expect, test } from 'vitest';
import { fakeEndpoints } from '../../../test/fakes/endpoints.ts';

const post = fakeEndpoints();
const create = (body: object) => post('POST', '/responses', { model: 'hearthside', ...body });

test('events come in their order, each item closed before the next is opened', async () => {
  const { events } = await create({ input: 'think hm | yes', stream: true });
  expect(events.map(({ name }) => name?.replace('response.', ''))).toEqual([
    'created',
    'in_progress',
    ...['output_item.added', 'content_part.added', 'reasoning_text.delta'],
    ...['reasoning_text.done', 'content_part.done', 'output_item.done'],
    ...['output_item.added', 'content_part.added', 'output_text.delta'],
    ...['output_text.done', 'content_part.done', 'output_item.done'],
    'completed',
  ]);
});

test('calls come as deltas of their arguments, several side by side', async () => {
  const tools = [{ type: 'function', name: 'f' }];
  const { json } = await create({ input: 'call f {"x":1}\nf {"x":2}', tools });
  expect(json.output).toMatchObject([
    { type: 'function_call', call_id: 'call_0', name: 'f', arguments: '{"x":1}', status: 'completed' },
    { type: 'function_call', call_id: 'call_1', arguments: '{"x":2}' },
  ]);
});

test('what a page has kept can be gone on from, read and deleted; what it has not, cannot', async () => {
  const first = (await create({ input: 'say one', store: true, instructions: 'A' })).json;
  const again = (await create({ input: 'echo', previous_response_id: first.id })).json;
  const { prompt } = JSON.parse(again.output[0].content[0].text);
  // Instructions are not carried over
  expect(prompt.messages).toEqual([
    { role: 'user', content: 'say one' },
    { role: 'assistant', content: ' one'.trim() },
    { role: 'user', content: 'echo' },
  ]);
  expect((await post('GET', `/responses/${first.id}`)).json).toEqual(first);
  expect((await post('DELETE', `/responses/${first.id}`)).json).toMatchObject({ deleted: true });
  expect((await post('GET', `/responses/${first.id}`)).status).toBe(404);
  const gone = await create({ input: 'x', previous_response_id: again.id });
  expect(gone).toMatchObject({ status: 400, json: { error: { param: 'previous_response_id' } } });
  const otherPage = fakeEndpoints();
  expect((await otherPage('GET', `/responses/${first.id}`)).status).toBe(404);
});

test('an answer that is cut off is incomplete, and says why', async () => {
  const { json } = await create({ input: 'hello', max_output_tokens: 2 });
  expect(json).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } });
});

test('turns of tools come back as one turn of the assistant and the results', async () => {
  const { json } = await create({
    input: [
      { role: 'user', content: [{ type: 'input_text', text: 'a' }] },
      { type: 'reasoning', id: 'r', summary: [], content: [{ type: 'reasoning_text', text: 'hm' }] },
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c', output: '2' },
      { role: 'user', content: 'echo' },
    ],
  });
  expect(JSON.parse(json.output[0].content[0].text).prompt.messages).toEqual([
    { role: 'user', content: 'a' },
    { role: 'assistant', content: '', reasoning: 'hm', toolCalls: [{ id: 'c', name: 'f', arguments: '{}' }] },
    { role: 'tool', content: '2', toolCallId: 'c' },
    { role: 'user', content: 'echo' },
  ]);
});

test.each([
  ['input', { input: 5 }],
  ['input', {}],
  ['input[0].type', { input: [{ type: 'item_reference', id: 'x' }] }],
  ['input[0].role', { input: [{ role: 'robot', content: 'x' }] }],
  [
    'input[0].content[0].type',
    { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'x' }] }] },
  ],
  ['instructions', { input: 'x', instructions: 5 }],
  ['max_output_tokens', { input: 'x', max_output_tokens: 0 }],
  ['tools[0].type', { input: 'x', tools: [{ type: 'web_search' }] }],
  ['tool_choice', { input: 'x', tool_choice: 'required' }],
  ['text.format.type', { input: 'x', text: { format: { type: 'x' } } }],
  ['text.verbosity', { input: 'x', text: { verbosity: 'low' } }],
  ['reasoning.effort', { input: 'x', reasoning: { effort: 'x' } }],
  ['reasoning.summary', { input: 'x', reasoning: { summary: 'detailed' } }],
  ['include', { input: 'x', include: ['reasoning.encrypted_content'] }],
  ['truncation', { input: 'x', truncation: 'auto' }],
  ['background', { input: 'x', background: true }],
  ['conversation', { input: 'x', conversation: 'c' }],
  ['prompt', { input: 'x', prompt: { id: 'p' } }],
  ['max_tool_calls', { input: 'x', max_tool_calls: 1 }],
  ['top_logprobs', { input: 'x', top_logprobs: 21 }],
  ['store', { input: 'x', store: 'yes' }],
  ['stream', { input: 'x', stream: 1 }],
  ['temperature', { input: 'x', temperature: 3 }],
  ['nonsense', { input: 'x', nonsense: 1 }],
])('a response with %s wrong is refused by that name', async (param, body) => {
  expect(await create(body)).toMatchObject({ status: 400, json: { error: { param, code: 'bad-input' } } });
});

test('a failure on the way is an event with its number', async () => {
  const { events } = await create({ input: 'fail device-lost', stream: true });
  expect(events.at(-1)).toMatchObject({
    name: 'error',
    data: { type: 'error', code: 'device-lost', sequence_number: events.length - 1 },
  });
});
