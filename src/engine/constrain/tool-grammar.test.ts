import { describe, expect, test } from 'vitest';
import { ANSWER_FORMATS, type AnswerFormat } from '../../../models/chat/answers/index.ts';
import type { ToolFunction } from '../../protocol/generate.ts';
import { type CallConstraint, toolGrammar } from './tool-grammar.ts';
import { xgrammar } from './xgrammar.ts';

const CITY = { type: 'object', properties: { city: { type: 'string', maxLength: 8 } }, required: ['city'] };
const weather: ToolFunction = { name: 'weather', parameters: JSON.stringify(CITY), strict: true };
const clock: ToolFunction = { name: 'clock', parameters: '{"type":"object","properties":{}}' };

const formats = ANSWER_FORMATS.filter(({ calls }) => calls);

function constraint(format: AnswerFormat, more: Partial<CallConstraint> = {}): CallConstraint {
  return {
    kind: 'calls',
    functions: [weather, clock],
    isForced: true,
    isSingle: false,
    syntax: format.calls!(undefined),
    marks: format.marks,
    ...more,
  };
}

/** Which of some texts the grammar takes as whole answers. */
async function taken(given: CallConstraint, texts: readonly string[]): Promise<string[]> {
  const { Grammar, Testings } = await xgrammar();
  const grammar = await Grammar.fromEBNF(toolGrammar(given));
  const found: string[] = [];
  for (const text of texts) if (await Testings.isGrammarAcceptString(grammar, text)) found.push(text);
  grammar.dispose();
  return found;
}

describe.each(formats)('$name', (format) => {
  const { begin, between, end, before, after } = format.calls!(undefined);
  const call = (name: string, json: string) => before(name) + json + after;
  const one = (name: string, json: string) => begin + call(name, json) + end;
  const several = begin + [call('clock', '{}'), call('weather', '{"city":"Rome"}')].join(between) + end;
  const right = [one('weather', '{"city": "Rome"}'), one('clock', '{}')];
  const wrong = [
    one('weather', '{}'),
    one('weather', '{"city": 5}'),
    one('clock', '{"x": 1}'),
    one('other', '{}'),
    one('clock', '[]'),
    begin + call('clock', '{}'),
    '',
  ];
  // Some end with their last call
  const refused = wrong.filter((text) => !right.includes(text));

  test('calls that must come are right, and nothing else can come', async () => {
    const texts = [...right, several, ...refused, 'text', `text${right[0]}`];
    const more = between === undefined ? [] : [several];
    expect(await taken(constraint(format), texts)).toEqual([...right, ...more]);
  });

  test('one call is one', async () => {
    const single = constraint(format, { isSingle: true, functions: [clock] });
    expect(await taken(single, [...right, several])).toEqual([right[1]]);
  });

  test('calls that may come are right where they come, and text is free', async () => {
    const free = constraint(format, { isForced: false });
    const text = 'So {it} goes <b>.\n';
    const marked = free.syntax.open === '' ? [] : [text + right[0]];
    const empty = ['', text];
    expect(await taken(free, [...empty, ...right, ...marked])).toEqual([...empty, ...right, ...marked]);
    expect(await taken(free, refused.filter(Boolean))).toEqual([]);
  });

  test('beside JSON that the answer is to be, calls are the only other thing', async () => {
    const schema = JSON.stringify({ type: 'integer' });
    const given = constraint(format, { isForced: false, text: { kind: 'json-schema', schema } });
    expect(await taken(given, ['12', ...right, '"text"', 'text', ...refused])).toEqual(['12', ...right]);
  });

  test('thoughts come first, if the model has them', async () => {
    const { thoughts } = format;
    if (!thoughts) return;
    const { open, close, next } = thoughts;
    const tail = `Hm. {"a": 1}${close}${next}`;
    const whole = `${open}${tail}${right[0]}`;
    const begun = `${tail}\n\n${right[0]}`.replace(`${next}\n\n`, `\n\n${next}`);
    const thinks = constraint(format, { thoughts: { ...thoughts, isOpen: false } });
    expect(await taken(thinks, [right[0]!, whole, begun, tail])).toEqual([right[0], whole]);
    const within = constraint(format, { thoughts: { ...thoughts, isOpen: true } });
    expect(await taken(within, [right[0]!, begun, tail])).toEqual([begun]);
  });
});

const hermes = formats.find(({ name }) => name === 'hermes')!;

test('what a grammar cannot say is any object, and is refused by name where it is strict', async () => {
  const parameters = '{"type":"object","properties":{"x":{"not":{}}}}';
  const loose: ToolFunction = { name: 'f', parameters };
  const { before, after } = hermes.calls!(undefined);
  const text = `${before('f')}{"y": [1]}${after}`;
  expect(await taken(constraint(hermes, { functions: [loose] }), [text])).toEqual([text]);
  expect(() => toolGrammar(constraint(hermes, { functions: [{ ...loose, strict: true }] }))).toThrow(
    /parameters of f: .*`not`/,
  );
});

test('a function whose arguments can be nothing is refused', () => {
  const none: ToolFunction = { name: 'f', parameters: '{"type":"string"}', strict: true };
  expect(() => toolGrammar(constraint(hermes, { functions: [none] }))).toThrow(/No object is right .* of f/);
});
