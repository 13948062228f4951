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
      const { messages, prompt, tools } = golden.cases[name]!;
      const write = () =>
        renderChat(template, messages, {
          tokenizer,
          addGenerationPrompt: prompt,
          tools,
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
  /** Each look at the clock takes a millisecond. */
  const hurriedClock = () => {
    let ms = 0;
    return () => ms++;
  };

  test.each([
    {
      why: 'loops in loops',
      template:
        '{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}x{% endfor %}{% endfor %}{% endfor %}',
    },
    {
      why: 'loops in loops that do nothing',
      template:
        '{% for a in range(999) %}{% for b in range(999) %}{% for c in range(99) %}{% endfor %}{% endfor %}{% endfor %}',
    },
    { why: 'a count beyond all bounds', template: '{% for a in range(10 ** 12) %}{% endfor %}' },
    { why: 'a count in steps of nothing', template: '{% for a in range(0, 9, 0) %}{% endfor %}' },
    {
      why: 'a text that doubles',
      template:
        "{% set ns = namespace(s='ab') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}",
    },
    {
      why: 'a list that contains itself twice, over and over',
      template:
        '{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l | tojson }}',
    },
    {
      why: 'a text replaced by itself',
      template:
        "{% set ns = namespace(s='a' * 1) %}{% for i in range(9) %}{% set ns.s = (ns.s ~ 'aa').replace('a', ns.s ~ 'aa') %}{% endfor %}",
    },
    { why: 'a macro that calls itself', template: '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}' },
    { why: 'brackets without end', template: `{{ ${'('.repeat(50_000)} }}` },
    { why: 'an unfinished block', template: '{% for x in messages %}' },
    { why: 'a template too long to read', template: 'x'.repeat(200_000) },
  ])('is stopped: $why', ({ template }) => {
    expect(() => render(template, { clock: hurriedClock() })).toThrow(
      expect.objectContaining({ name: 'ModelError', code: expect.stringMatching('-model') }),
    );
  });
});
