import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Metadata } from '../../gguf/metadata.ts';
import type { GgufValue } from '../../gguf/values.ts';
import { readTokenizer } from '../../tokenizers/index.ts';
import { think } from './formats/think.ts';
import {
  ANSWER_FORMATS,
  type AnswerFormat,
  type AnswerPart,
  answerFormat,
  type ReaderOptions,
  TokenAnswerReader,
} from './index.ts';

const formats = new Map([...ANSWER_FORMATS, think].map((format) => [format.name, format]));

/** Texts that follow each other are one, and so are the arguments of a call. */
function merged(parts: readonly AnswerPart[]): AnswerPart[] {
  const out: AnswerPart[] = [];
  for (const part of parts) {
    const last = out.at(-1);
    if ('text' in part && last && 'text' in last) last.text += part.text;
    else if ('reasoning' in part && last && 'reasoning' in last) last.reasoning += part.reasoning;
    else if ('toolCall' in part && last && 'toolCall' in last && last.toolCall.index === part.toolCall.index)
      last.toolCall.argumentsDelta += part.toolCall.argumentsDelta;
    else out.push(structuredClone(part));
  }
  return out;
}

function read(format: AnswerFormat, pieces: readonly string[], options?: ReaderOptions): AnswerPart[] {
  const reader = format.newReader(options);
  return merged([...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()]);
}

const call = (index: number, name: string, args: string, id?: string): AnswerPart => ({
  toolCall:
    id === undefined ? { index, name, argumentsDelta: args } : { index, id, name, argumentsDelta: args },
});
const names = new Set(['f', 'g', 'get.weather']);

interface Case extends ReaderOptions {
  format: string;
  why: string;
  answer: string;
  parts: AnswerPart[];
}

// The answers are as the families' own documentation and templates show them
const CASES: readonly Case[] = [
  {
    format: 'think',
    why: 'a thought',
    answer: '<think>\nHm.\n</think>\n\nYes.',
    parts: [{ reasoning: 'Hm.' }, { text: 'Yes.' }],
  },
  {
    format: 'think',
    why: 'a thought that the prompt began',
    prompt: '…<think>\n',
    answer: 'Hm.</think> Yes.',
    parts: [{ reasoning: 'Hm.' }, { text: 'Yes.' }],
  },
  { format: 'think', why: 'a thought without end', answer: '<think>Hm', parts: [{ reasoning: 'Hm' }] },
  { format: 'think', why: 'spaces that stay', answer: ' a \n\n b \n', parts: [{ text: ' a \n\n b \n' }] },
  { format: 'think', why: 'less than a mark', answer: 'a <b> <thin', parts: [{ text: 'a <b> <thin' }] },
  {
    format: 'hermes',
    why: 'two calls behind a text',
    answer:
      '<think>\n\n</think>\n\nSure.\n<tool_call>\n{"name": "f", "arguments": {"x": 1.0, "big": 12345678901234567890}}\n</tool_call>\n<tool_call>\n{"name": "g", "arguments": {}}\n</tool_call>',
    parts: [{ text: 'Sure.' }, call(0, 'f', '{"x": 1.0, "big": 12345678901234567890}'), call(1, 'g', '{}')],
  },
  {
    format: 'hermes',
    why: 'a mark within a text of a call',
    answer: '<tool_call>{"name": "f", "arguments": {"x": "</tool_call>"}}</tool_call>!',
    parts: [call(0, 'f', '{"x": "</tool_call>"}'), { text: '!' }],
  },
  {
    format: 'hermes',
    why: 'a broken call between others',
    answer: 'a <tool_call>{nope}</tool_call> b <tool_call>{"name": "f"}</tool_call>',
    parts: [{ text: 'a <tool_call>{nope}</tool_call> b' }, call(0, 'f', '{}')],
  },
  {
    format: 'hermes',
    why: 'a call that the end closes',
    answer: '<tool_call>{"name": "f", "arguments": {}}',
    parts: [call(0, 'f', '{}')],
  },
  {
    format: 'hermes',
    why: 'a call cut short',
    answer: 'x <tool_call>{"name": "f", "arg',
    parts: [{ text: 'x <tool_call>{"name": "f", "arg' }],
  },
  {
    format: 'hermes',
    why: 'arguments that are a text of JSON',
    answer: '<tool_call>{"name": "f", "arguments": "{\\"x\\": 1}"}</tool_call>',
    parts: [call(0, 'f', '{"x": 1}')],
  },
  {
    format: 'hermes',
    why: 'a call in XML',
    answer:
      '<tool_call>\n<function=f>\n<parameter=x>\n1\n</parameter>\n<parameter=y>\nan <a>\n</parameter>\n</function>\n</tool_call>',
    parts: [call(0, 'f', '{"x": 1, "y": "an <a>"}')],
  },
  {
    format: 'hermes',
    why: 'a call in keys and values',
    answer:
      '<tool_call>f\n<arg_key>x</arg_key>\n<arg_value>a b</arg_value>\n<arg_key>y</arg_key>\n<arg_value>[1]</arg_value>\n</tool_call>',
    parts: [call(0, 'f', '{"x": "a b", "y": [1]}')],
  },
  {
    format: 'hermes',
    why: 'a call of nothing that it was given',
    toolNames: names,
    answer: '<tool_call>{"name": "rm", "arguments": {}}</tool_call>',
    parts: [{ text: '<tool_call>{"name": "rm", "arguments": {}}</tool_call>' }],
  },
  {
    format: 'llama',
    why: 'bare JSON',
    toolNames: names,
    answer: '{"name": "f", "parameters": {"x": "1"}}',
    parts: [call(0, 'f', '{"x": "1"}')],
  },
  {
    format: 'llama',
    why: 'bare JSON of a name that is no function',
    toolNames: names,
    answer: '{"name": "Bob", "parameters": {}}',
    parts: [{ text: '{"name": "Bob", "parameters": {}}' }],
  },
  {
    format: 'llama',
    why: 'bare JSON where there are no functions',
    answer: '{"name": "f", "parameters": {}}',
    parts: [{ text: '{"name": "f", "parameters": {}}' }],
  },
  {
    format: 'llama',
    why: 'two calls in a row',
    toolNames: names,
    answer: '{"name": "f", "parameters": {"x": "} ; {"}}; {"name": "g", "parameters": {}}',
    parts: [call(0, 'f', '{"x": "} ; {"}'), call(1, 'g', '{}')],
  },
  {
    format: 'llama',
    why: 'a call behind its tag',
    answer: '<|python_tag|>{"type": "function", "name": "f", "parameters": {"x": [1]}}<|eom_id|>',
    parts: [call(0, 'f', '{"x": [1]}')],
  },
  {
    format: 'llama',
    why: 'a call of what is built in',
    answer: '<|python_tag|>brave_search.call(query="a \\"b\\"")',
    parts: [call(0, 'brave_search', '{"query": "a \\"b\\""}')],
  },
  {
    format: 'llama',
    why: 'calls in Python',
    toolNames: names,
    answer: "[get.weather(city='Rome', days=[1, 2], deep={'a': True, 'b': None}), g()]",
    parts: [
      call(0, 'get.weather', '{"city": "Rome", "days": [1, 2], "deep": {"a": true, "b": null}}'),
      call(1, 'g', '{}'),
    ],
  },
  {
    format: 'llama',
    why: 'a list that is no call',
    toolNames: names,
    answer: '[f, g] are',
    parts: [{ text: '[f, g] are' }],
  },
  {
    format: 'llama',
    why: 'a function in its tag',
    answer: '<function=f>{"x": 1}</function>',
    parts: [call(0, 'f', '{"x": 1}')],
  },
  {
    format: 'llama',
    why: 'Llama 4 in Python',
    answer: '<|python_start|>[f(x=-1.5e3)]<|python_end|>',
    parts: [call(0, 'f', '{"x": -1.5e3}')],
  },
  {
    format: 'mistral',
    why: 'a list of calls',
    answer:
      '[TOOL_CALLS] [{"name": "f", "arguments": {"x": "]"}, "id": "abc123def"}, {"name": "g", "arguments": {}}]',
    parts: [call(0, 'f', '{"x": "]"}', 'abc123def'), call(1, 'g', '{}')],
  },
  {
    format: 'mistral',
    why: 'calls with ids',
    answer: '[THINK]Hm[/THINK]Well[TOOL_CALLS]f[CALL_ID]abc123def[ARGS]{"x": 1}[TOOL_CALLS]g[ARGS]{}',
    parts: [{ reasoning: 'Hm' }, { text: 'Well' }, call(0, 'f', '{"x": 1}', 'abc123def'), call(1, 'g', '{}')],
  },
  {
    format: 'mistral',
    why: 'a mark and nothing',
    answer: 'a [TOOL_CALLS]',
    parts: [{ text: 'a [TOOL_CALLS]' }],
  },
  {
    format: 'gemma',
    why: 'Python in a fence',
    answer: 'Let me.\n```tool_code\nprint(f(x="a"))\n```',
    parts: [{ text: 'Let me.' }, call(0, 'f', '{"x": "a"}')],
  },
  {
    format: 'gemma',
    why: 'another fence',
    answer: '```python\nf()\n```',
    parts: [{ text: '```python\nf()\n```' }],
  },
  {
    format: 'phi',
    why: 'a list behind its mark',
    answer: '<|tool_call|>[{"name": "f", "arguments": {"x": 1}}]<|/tool_call|>',
    parts: [call(0, 'f', '{"x": 1}')],
  },
  {
    format: 'phi',
    why: 'functools',
    answer: 'functools[{"name": "f", "arguments": {}}]',
    parts: [call(0, 'f', '{}')],
  },
  {
    format: 'phi',
    why: 'the word functools',
    answer: 'Use functools.cache [1].',
    parts: [{ text: 'Use functools.cache [1].' }],
  },
  {
    format: 'deepseek',
    why: 'calls of V3',
    prompt: '<｜Assistant｜><think>\n',
    answer:
      'Hm.\n</think>\n\n<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n{"x": 1}\n```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>g\n```json\n{}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
    parts: [{ reasoning: 'Hm.' }, call(0, 'f', '{"x": 1}'), call(1, 'g', '{}')],
  },
  {
    format: 'deepseek',
    why: 'a call of V3.1',
    answer:
      'Ok <｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f<｜tool▁sep｜>{"x": 1}<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
    parts: [{ text: 'Ok' }, call(0, 'f', '{"x": 1}')],
  },
  {
    format: 'lfm2',
    why: 'Python between marks',
    answer: '<|tool_call_start|>[f(x="a", y=2)]<|tool_call_end|>Done',
    parts: [call(0, 'f', '{"x": "a", "y": 2}'), { text: 'Done' }],
  },
  {
    format: 'lfm2',
    why: 'JSON between marks',
    answer: '<|tool_call_start|>[{"name": "f", "arguments": {}}]<|tool_call_end|>',
    parts: [call(0, 'f', '{}')],
  },
  {
    format: 'command-r',
    why: 'a plan and its action',
    answer:
      '<|START_THINKING|>I will.<|END_THINKING|><|START_ACTION|>[\n {"tool_call_id": "0", "tool_name": "f", "parameters": {"x": 1}}\n]<|END_ACTION|>',
    parts: [{ reasoning: 'I will.' }, call(0, 'f', '{"x": 1}', '0')],
  },
  {
    format: 'command-r',
    why: 'a response',
    answer: '<|START_RESPONSE|>Hello<|END_RESPONSE|>',
    parts: [{ text: 'Hello' }],
  },
  {
    format: 'command-r',
    why: 'an action in a fence',
    answer: 'Action: ```json\n[{"tool_name": "f", "parameters": {}}]\n```',
    parts: [call(0, 'f', '{}')],
  },
  {
    format: 'kimi',
    why: 'a call',
    answer:
      'Hm<|tool_calls_section_begin|><|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{"x": 1}<|tool_call_end|><|tool_calls_section_end|>',
    parts: [{ text: 'Hm' }, call(0, 'f', '{"x": 1}', 'functions.f:0')],
  },
  {
    format: 'harmony',
    why: 'thought, preamble, call',
    answer:
      '<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>commentary<|message|>Wait.<|end|><|start|>assistant<|channel|>commentary to=functions.f <|constrain|>json<|message|>{"x": 1}<|call|>',
    parts: [{ reasoning: 'Hm.' }, { text: 'Wait.' }, call(0, 'f', '{"x": 1}')],
  },
  {
    format: 'harmony',
    why: 'a call whose receiver comes first',
    answer: ' to=functions.get.weather<|channel|>commentary<|message|>{}<|call|>',
    parts: [call(0, 'get.weather', '{}')],
  },
  {
    format: 'harmony',
    why: 'an answer',
    answer: '<|channel|>final<|message|> Hi \n<|return|>',
    parts: [{ text: ' Hi \n' }],
  },
  {
    format: 'harmony',
    why: 'a text without a header',
    answer: 'Just text.',
    parts: [{ text: 'Just text.' }],
  },
];

test.each(CASES)('$format reads $why', ({ format, answer, parts, ...options }) => {
  expect(read(formats.get(format)!, [answer], options)).toEqual(parts);
});

test.each(CASES)(
  '$format reads it alike in whatever pieces it comes: $why',
  ({ format, answer, parts, ...options }) => {
    expect(read(formats.get(format)!, answer.split(''), options)).toEqual(parts);
  },
);

const MARKS = [...new Set([...formats.values()].flatMap(({ marks }) => marks))];
const PIECES = [
  ...MARKS,
  ...CASES.map(({ answer }) => answer),
  '{',
  '}',
  '"',
  '\\',
  '[',
  ']',
  '{"name": "f"}',
  ' ',
  '\n',
  'a',
  '<',
  '<|',
  'to=x',
  '```',
];

describe.each([...formats.values()])('$name', (format) => {
  const answers = fc.array(
    fc.oneof(fc.constantFrom(...PIECES), fc.constantFrom(...format.marks, 'f', '{}'), fc.string()),
    { maxLength: 12 },
  );

  test('reads any answer alike in any pieces, without fail', () => {
    fc.assert(
      fc.property(
        answers,
        fc.array(fc.nat(30), { minLength: 1, maxLength: 20 }),
        fc.boolean(),
        (pieces, cuts, hasTools) => {
          const answer = pieces.join('');
          const options = hasTools ? { toolNames: names } : {};
          const cut: string[] = [];
          for (let at = 0, i = 0; at < answer.length; i++) {
            const length = cuts[i % cuts.length]! + 1;
            cut.push(answer.slice(at, at + length));
            at += length;
          }
          expect(read(format, cut, options)).toEqual(read(format, [answer], options));
        },
      ),
      { numRuns: 300, seed: 8 },
    );
  });

  test('shows all of an answer that has no mark', () => {
    const plain = fc.array(fc.constantFrom('a', ' ', '\n', '.', '1', 'é'), { maxLength: 30 });
    fc.assert(
      fc.property(plain, (chars) => {
        const text = chars.join('');
        expect(read(format, chars)).toEqual(text === '' ? [] : [{ text }]);
      }),
      { numRuns: 100, seed: 9 },
    );
  });
});

test('the arguments of a call come as they are written', () => {
  const reader = formats.get('hermes')!.newReader({ toolNames: names });
  expect(reader.push('Well. <tool_call>\n{"name": "f", "arguments": ')).toEqual([{ text: 'Well.' }]);
  expect(reader.push('{"x": "a}')).toEqual([
    call(0, 'f', ''),
    { toolCall: { index: 0, argumentsDelta: '{"x": "a}' } },
  ]);
  expect(reader.push(' </tool_call> b"')).toEqual([
    { toolCall: { index: 0, argumentsDelta: ' </tool_call> b"' } },
  ]);
  expect(reader.push('}}\n</tool_')).toEqual([{ toolCall: { index: 0, argumentsDelta: '}' } }]);
  expect(reader.push('call> Done.')).toEqual([{ text: 'Done.' }]);
  expect(reader.push('<tool_call>{"name": "g", "arguments": {"cut')).toEqual([
    call(1, 'g', ''),
    { toolCall: { index: 1, argumentsDelta: '{"cut' } },
  ]);
  expect(reader.end()).toEqual([]);
});

const TEMPLATES = [undefined, '[ARGS]', '<|tool_call|>', '<|tool_call|><|/tool_call|>', '```json', ''];

describe.each([...formats.values()].filter(({ calls }) => calls))(
  'what a grammar writes for $name',
  (format) => {
    test.each(TEMPLATES)('is read as the calls that it says, by the template %j', (template) => {
      const { open, begin, between, end, before, after } = format.calls!(template);
      const one = (name: string, args: string) => before(name) + args + after;
      const args = '{"x": "} ] </tool_call>", "y": [1, {"z": null}]}';
      const single = begin + one('f', args) + end;
      const expected = [call(0, 'f', args, format.name === 'kimi' ? 'functions.f:0' : undefined)];
      expect(read(format, [single], { toolNames: names })).toEqual(expected);
      expect(single).toContain(open);
      if (between === undefined) return;
      const several = begin + [one('f', args), one('get.weather', '{}')].join(between) + end;
      expect(read(format, [several], { toolNames: names })).toEqual([
        ...expected,
        call(1, 'get.weather', '{}'),
      ]);
    });
  },
);

test('a call that never ends is text in the end, and takes no more than its share', () => {
  const body = '{"name": "f", "arguments": {"x": "'.concat('</tool_call>'.repeat(30_000));
  const parts = read(formats.get('hermes')!, [`<tool_call>${body}`]);
  expect(parts).toEqual([{ text: `<tool_call>${body}` }]);
  const piece = 'x'.repeat(1000);
  const long = read(formats.get('hermes')!, ['<tool_call>', ...Array<string>(400).fill(piece)]);
  expect(long).toEqual([{ text: `<tool_call>${piece.repeat(400)}` }]);
});

describe('the format of a file', () => {
  const idOf = (known: string) => (text: string) => (text === known ? 1 : undefined);

  test.each([
    ['{{ "<|im_start|>" }}<tool_call>', 'hermes'],
    ['<|start_header_id|>', 'llama'],
    ['<|start_header_id|> <tool_call>', 'hermes'],
    ['<｜tool▁calls▁begin｜>', 'deepseek'],
    ['[TOOL_CALLS]', 'mistral'],
    ['<|start|><|channel|>', 'harmony'],
    ['<|im_start|>', 'think'],
  ])('is told by its template %s: %s', (template, name) => {
    expect(answerFormat(template, { idOf: idOf('[TOOL_CALLS]') }).name).toBe(name);
  });

  test('is told by its tokens where it has no template', () => {
    expect(answerFormat(undefined, { idOf: idOf('[TOOL_CALLS]') }).name).toBe('mistral');
    expect(answerFormat(undefined, { idOf: idOf('') }).name).toBe('think');
  });
});

test('control tokens are shown to the format that they are marks of, and hidden otherwise', () => {
  const texts = ['<|tool_call|>', '<|/tool_call|>', '<|end|>', '[', ']', '{"name":', '"f"', '}', 'a'];
  const entries = new Map<string, GgufValue>([
    ['tokenizer.ggml.model', { type: 'string', value: 'gpt2' }],
    ['tokenizer.ggml.pre', { type: 'string', value: 'gpt-2' }],
    ['tokenizer.ggml.tokens', { type: 'array', of: 'string', value: texts }],
    [
      'tokenizer.ggml.token_type',
      { type: 'array', of: 'int32', value: Int32Array.from(texts, (_, id) => (id < 3 ? 3 : 1)) },
    ],
    ['tokenizer.ggml.merges', { type: 'array', of: 'string', value: [] }],
  ]);
  const reader = new TokenAnswerReader(formats.get('phi')!, readTokenizer(new Metadata(entries)));
  const parts = [8, 0, 3, 5, 6, 7, 4, 1, 2].flatMap((id) => reader.push(id));
  expect([...parts, ...reader.end()]).toEqual([{ text: 'a' }, call(0, 'f', '{}')]);
});
