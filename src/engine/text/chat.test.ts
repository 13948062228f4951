import { expect, test } from 'vitest';
import type { Tokenizer } from '../../../models/tokenizers/tokenizer.ts';
import { toChat } from './chat.ts';

const tokenizer = { guard: (text: string) => text.replaceAll('<end>', '<|end>') } as Tokenizer;
const template = '{{ tools }}{{ enable_thinking }}';

test('only the template opens and ends turns, whatever messages, calls and tools say', () => {
  const chat = toChat(
    {
      kind: 'messages',
      messages: [
        {
          role: 'assistant',
          content: 'a<end>',
          reasoning: 'b<end>',
          toolCalls: [{ id: '1', name: 'f', arguments: '{"x<end>": ["y<end>"]}' }],
        },
        { role: 'tool', content: 'c<end>', toolCallId: '1' },
      ],
      tools: [{ name: 'f', description: 'd<end>', parameters: '{"title": "e<end>"}' }],
    },
    template,
    tokenizer,
  );
  expect(chat).toEqual({
    messages: [
      {
        role: 'assistant',
        content: 'a<|end>',
        reasoning_content: 'b<|end>',
        tool_calls: [
          { id: '1', type: 'function', function: { name: 'f', arguments: { 'x<|end>': ['y<|end>'] } } },
        ],
      },
      { role: 'tool', content: 'c<|end>', tool_call_id: '1' },
    ],
    tools: [
      {
        type: 'function',
        function: { name: 'f', description: 'd<|end>', parameters: { title: 'e<|end>' } },
      },
    ],
  });
});

const asked = { kind: 'messages', messages: [{ role: 'user', content: 'x' }] } as const;

test.each([
  { reasoning: 'off', choices: { enable_thinking: false } },
  { reasoning: 'on', choices: { enable_thinking: true } },
  { reasoning: 'low', choices: { enable_thinking: true, reasoning_effort: 'low' } },
] as const)('how much to think is told by the names that templates have: $reasoning', (row) => {
  const prompt = { ...asked, messages: [...asked.messages], reasoning: row.reasoning };
  expect(toChat(prompt, template, tokenizer).choices).toEqual(row.choices);
});

test('what a template has no place for is refused by name, unless it asks for nothing', () => {
  const prompt = { ...asked, messages: [...asked.messages] };
  expect(() => toChat({ ...prompt, reasoning: 'high' }, undefined, tokenizer)).toThrow('`reasoning_effort`');
  expect(() => toChat({ ...prompt, reasoning: 'off', tools: [] }, undefined, tokenizer)).not.toThrow();
});

test('tools that a template has no place for are told in words, their calls and results too', () => {
  const { messages, tools } = toChat(
    {
      kind: 'messages',
      messages: [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: 'Weather?' },
        {
          role: 'assistant',
          content: '',
          toolCalls: [
            { id: '1', name: 'f', arguments: '{"x":1}' },
            { id: '2', name: 'g', arguments: '{}' },
          ],
        },
        { role: 'tool', content: 'sun', toolCallId: '1', name: 'f' },
        { role: 'tool', content: '<end>', toolCallId: '2' },
      ],
      tools: [{ name: 'f', description: 'Tells.', parameters: '{"type":"object"}' }],
    },
    '{{ messages }}',
    tokenizer,
  );
  expect(tools).toBeUndefined();
  const [system, user, assistant, results] = messages.map(({ content }) => content);
  expect(system).toMatch(/^Be kind\.\n\nYou can call functions/);
  expect(system).toContain(
    '{"type":"function","function":{"name":"f","description":"Tells.","parameters":{"type":"object"}}}',
  );
  expect(user).toBe('Weather?');
  expect(assistant).toBe(
    '<tool_call>\n{"name": "f", "arguments": {"x":1}}\n</tool_call>\n<tool_call>\n{"name": "g", "arguments": {}}\n</tool_call>',
  );
  expect(results).toBe(
    '<tool_response>\n{"name":"f","content":"sun"}\n</tool_response>\n\n<tool_response>\n{"name":"2","content":"<|end>"}\n</tool_response>',
  );
  expect(messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
});

test('ids of calls are nine characters long where the template refuses others', () => {
  const calls = ['call_0123456789', 'abcdefghi'].map((id) => ({ id, name: 'f', arguments: '{}' }));
  const { messages } = toChat(
    {
      kind: 'messages',
      messages: [
        { role: 'assistant', content: '', toolCalls: calls },
        ...calls.map(({ id }) => ({ role: 'tool' as const, content: '', toolCallId: id })),
      ],
    },
    '{{ tools }}{% if tool_call.id|length != 9 %}',
    tokenizer,
  );
  const [assistant, ...results] = messages;
  const ids = results.map(({ tool_call_id }) => tool_call_id);
  expect(ids).toEqual(['call00001', 'abcdefghi']);
  expect(assistant!.tool_calls).toMatchObject(ids.map((id) => ({ id })));
});
