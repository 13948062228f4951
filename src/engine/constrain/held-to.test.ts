import { expect, test } from 'vitest';
import type { Tokenizer } from '../../../models/tokenizers/tokenizer.ts';
import type { GenerateInput, ToolChoice, ToolFunction } from '../../protocol/generate.ts';
import { heldTo } from './held-to.ts';

const file = (chatTemplate: string, end = '') => ({
  chatTemplate,
  tokenizer: { decode: () => end, idOf: () => undefined } as unknown as Tokenizer,
});
const tool = (name: string, strict?: boolean): ToolFunction => ({
  name,
  parameters: '{"type":"object"}',
  ...(strict ? { strict } : {}),
});
const QWEN = '{{ tools }}<tool_call><think>';

function held(
  tools: ToolFunction[],
  toolChoice: ToolChoice,
  more: Partial<GenerateInput> = {},
  at = file(QWEN),
) {
  const messages = [{ role: 'user' as const, content: 'x' }];
  return heldTo(at, { prompt: { kind: 'messages', messages, tools }, toolChoice, ...more }, [1]);
}

test('tools that nobody insists on hold an answer to nothing', () => {
  expect(held([tool('f')], 'auto')).toBeUndefined();
  expect(held([], 'auto')).toBeUndefined();
});

test.each<{ why: string; made: ReturnType<typeof held>; says: object }>([
  {
    why: 'required',
    made: held([tool('f'), tool('g')], 'required'),
    says: { isForced: true, isSingle: false },
  },
  {
    why: 'one by one',
    made: held([tool('f')], 'required', { maxToolCalls: 1 }),
    says: { isForced: true, isSingle: true },
  },
  {
    why: 'named, the only one',
    made: held([tool('f')], { name: 'f' }),
    says: { isForced: true, isSingle: true },
  },
  { why: 'strict', made: held([tool('f', true)], 'auto'), says: { isForced: false, isSingle: false } },
  {
    why: 'beside JSON',
    made: held([tool('f')], 'auto', { constraint: { kind: 'json' } }),
    says: { isForced: false, text: { kind: 'json' } },
  },
])('calls that are $why are held to the tools', ({ made, says }) => {
  expect(made?.constraint).toMatchObject({ kind: 'calls', ...says });
});

test('a tool that is named is the only one', () => {
  const made = held([tool('f'), tool('g')], { name: 'g' });
  expect(made?.constraint).toMatchObject({ functions: [{ name: 'g' }] });
});

test('thoughts may come before calls where the template has them, and go on where the prompt ends in them', () => {
  const thoughts = (at: ReturnType<typeof file>) => {
    const made = held([tool('f')], 'required', {}, at)?.constraint;
    return made?.kind === 'calls' ? made.thoughts : undefined;
  };
  expect(thoughts(file(QWEN))).toMatchObject({ open: '<think>', isOpen: false });
  expect(thoughts(file(QWEN, 'x<think>\n'))).toMatchObject({ isOpen: true });
  expect(thoughts(file('{{ tools }}<tool_call>'))).toBeUndefined();
});

test('a model whose calls nobody can read is refused, by what to leave out', () => {
  const strange = file('{{ tools }}');
  expect(() => held([tool('f')], 'required', {}, strange)).toThrow(/`tool_choice` and `strict`/);
  expect(held([tool('f')], 'auto', {}, strange)).toBeUndefined();
});
