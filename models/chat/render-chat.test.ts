import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type ChatMessage, type ChatTokens, type RenderOptions, renderChat } from './index.ts';

const templates = new URL('../../../shared/data/chat-templates/', import.meta.url);

const tokenizer: ChatTokens = {
  bosId: 1,
  eosId: 2,
  tokenText: (id) => ['<unk>', '<s>', '</s>'][id]!,
  idOf: () => undefined,
};
const user: ChatMessage = { role: 'user', content: 'Hi' };

function render(template: string | undefined, options: Partial<RenderOptions> = {}): string {
  return renderChat(template, [user], { tokenizer, ...options });
}

describe.skipIf(!existsSync(templates))(
  'templates as published (needs ../shared/data/chat-templates)',
  () => {
    interface Case {
      messages: ChatMessage[];
      prompt: boolean;
      tools?: unknown[];
      choices?: Record<string, unknown>;
    }
    const golden: {
      cases: Record<string, Case>;
      outputs: Record<string, Record<string, string | { refused: string } | { failed: string }>>;
    } = JSON.parse(readFileSync(new URL('golden/golden.json', import.meta.url), 'utf8'));

    const rows = Object.entries(golden.outputs).flatMap(([file, outputs]) =>
      Object.entries(outputs).map(([name, output]) => ({ file, name, output })),
    );
    test.each(rows)('$file writes $name as Python does', ({ file, name, output }) => {
      const template = readFileSync(new URL(file, templates), 'utf8');
      const { messages, prompt, tools, choices } = golden.cases[name]!;
      const write = () =>
        renderChat(template, messages, {
          tokenizer,
          addGenerationPrompt: prompt,
          tools,
          choices,
          now: new Date(2024, 6, 26, 9, 5),
        });

      if (typeof output === 'string') expect(write()).toBe(output);
      else if ('refused' in output) expect(write).toThrow(output.refused);
      else expect(write).toThrow(expect.objectContaining({ code: 'bad-model' }));
    });
  },
);

describe('a file without a template', () => {
  const chat: ChatMessage[] = [{ role: 'system', content: 'Be brief.' }, user];

  test('gets ChatML if its vocabulary has the tokens', () => {
    const knowing = { ...tokenizer, idOf: (text: string) => (text.startsWith('<|im_') ? 7 : undefined) };
    expect(renderChat(undefined, chat, { tokenizer: knowing, addGenerationPrompt: true })).toBe(
      '<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n',
    );
  });

  test.each([
    {
      tokens: ['<|start_header_id|>', '<|eot_id|>'],
      ends: '<|start_header_id|>assistant<|end_header_id|>\n\n',
    },
    { tokens: ['<start_of_turn>', '<end_of_turn>'], ends: '<end_of_turn>\n<start_of_turn>model\n' },
    { tokens: ['<|start|>', '<|message|>', '<|channel|>'], ends: 'Hi<|end|><|start|>assistant<|message|>' },
    { tokens: ['<|user|>', '<|assistant|>', '<|end|>'], ends: '<|user|>\nHi<|end|>\n<|assistant|>\n' },
    { tokens: ['[INST]', '[/INST]'], ends: '[INST] Hi [/INST]' },
    { tokens: ['<｜User｜>', '<｜Assistant｜>'], ends: 'Be brief.<｜User｜>Hi<｜Assistant｜>' },
  ])('gets the format of the family that $tokens are of', ({ tokens, ends }) => {
    const knowing = { ...tokenizer, idOf: (text: string) => (tokens.includes(text) ? 7 : undefined) };
    const text = renderChat(undefined, chat, { tokenizer: knowing, addGenerationPrompt: true });
    expect(text.endsWith(ends), text).toBe(true);
    expect(text).toContain('Be brief.');
  });

  test('shows the texts of a message of parts', () => {
    const parts = [
      { role: 'user', content: [{ type: 'text', text: 'A' }, { type: 'image' }, null, { text: 'B' }] },
    ];
    expect(renderChat(undefined, parts, { tokenizer })).toBe('user: AB\n');
  });

  test('gets plain lines otherwise', () => {
    expect(renderChat(undefined, chat, { tokenizer, addGenerationPrompt: true })).toBe(
      'system: Be brief.\nuser: Hi\nassistant:',
    );
  });
});

describe('a template that refuses', () => {
  test('says why, as bad input', () => {
    expect(() => render("{{ raise_exception('Roles must alternate') }}")).toThrow(
      expect.objectContaining({
        code: 'bad-input',
        message: "The model's chat template refuses these messages: Roles must alternate",
      }),
    );
  });
});

describe('a hostile template', () => {
  test('may not fill the sentence of its refusal', () => {
    const lines = 'no\\n'.repeat(9_999);
    expect(() => render(`{{ raise_exception('${lines}') }}`)).toThrow(/refuses these messages: (no ){66}no$/);
  });

  /** Each look at the clock takes a millisecond. */
  const hurriedClock = () => {
    let ms = 0;
    return () => ms++;
  };

  const growing = (start: string, next: string) =>
    `{% set ns = namespace(v=${start}) %}{% for i in range(99) %}{% set ns.v = ${next} %}{% endfor %}{{ ns.v | tojson }}`;

  test.each([
    {
      why: 'loops in loops',
      template:
        '{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}x{% endfor %}{% endfor %}{% endfor %}',
      says: 'runs for more than',
    },
    {
      why: 'loops in loops that do nothing',
      template:
        '{% for a in range(999) %}{% for b in range(999) %}{% for c in range(99) %}{% endfor %}{% endfor %}{% endfor %}',
      says: 'runs for more than',
    },
    {
      why: 'a count beyond all bounds',
      template: '{% for a in range(10 ** 12) %}{% endfor %}',
      says: 'counts to',
    },
    {
      why: 'a count in steps of nothing',
      template: '{% for a in range(0, 9, 0) %}{% endfor %}',
      says: 'counts to',
    },
    { why: 'a text that doubles', template: growing("'ab'", 'ns.v ~ ns.v'), says: 'makes a value' },
    { why: 'a list that doubles', template: growing('[1]', 'ns.v + ns.v'), says: 'makes a value' },
    {
      why: 'a list that holds itself twice',
      template: growing('[1]', '[ns.v, ns.v]'),
      says: 'makes a value',
    },
    {
      why: 'a text replaced by itself',
      template: growing("'aa'", "ns.v.replace('a', ns.v)"),
      says: 'cannot be run',
    },
    {
      why: 'a macro that calls itself',
      template: '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}',
      says: 'cannot be run',
    },
    { why: 'brackets without end', template: `{{ ${'('.repeat(50_000)} }}`, says: 'cannot be run' },
    { why: 'an unfinished block', template: '{% for x in messages %}', says: 'cannot be run' },
    { why: 'a template too long to read', template: 'x'.repeat(200_000), says: '200000 characters' },
  ])('is stopped: $why', ({ template, says }) => {
    expect(() => render(template, { clock: hurriedClock() })).toThrow(
      expect.objectContaining({
        name: 'ModelError',
        code: expect.stringMatching('-model'),
        message: expect.stringContaining(says),
      }),
    );
  });
});

test('a template may have white space without end', () => {
  const spaces = ' '.repeat(50_000);
  expect(render(`a${spaces}{%- if true %}${spaces}{% endif %}b`)).toBe(`a${spaces}b`);
});

test("a date is written in English, with Python's codes", () => {
  const now = new Date(2024, 1, 3, 0, 7, 9);
  expect(render("{{ strftime_now('%Y-%y-%m-%d %B %b %A %a %H:%I:%M:%S %p %% %Q') }}", { now })).toBe(
    '2024-24-02-03 February Feb Saturday Sat 00:12:07:09 AM % %Q',
  );
});

test('numbers count as in Python', () => {
  const list = (args: string) => render(`{{ range(${args}) | list }}`).replaceAll(' ', '');
  expect([list('3'), list('1, 3'), list('5, 0, -2'), list('3, 1')]).toEqual([
    '[0,1,2]',
    '[1,2]',
    '[5,3,1]',
    '[]',
  ]);
});
