import { expect, test } from 'vitest';
import type { Tokenizer } from '../../models/tokenizers/tokenizer.ts';
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
  const tools = [{ name: 'f', parameters: '{}' }];
  expect(() => toChat({ ...prompt, tools }, '{{ messages }}', tokenizer)).toThrow('`tools`');
  expect(() => toChat({ ...prompt, reasoning: 'high' }, undefined, tokenizer)).toThrow('`reasoning_effort`');
  expect(() => toChat({ ...prompt, reasoning: 'off', tools: [] }, undefined, tokenizer)).not.toThrow();
});
