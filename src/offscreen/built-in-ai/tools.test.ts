import fc from 'fast-check';
import { expect, test } from 'vitest';
import { callText, type Piece, responseText, ToolCallParser, toolInstructions } from './tools.ts';

function parse(pieces: string[], names = ['f', 'g']): Piece[] {
  let lastId = 0;
  const parser = new ToolCallParser(new Set(names), () => `id${++lastId}`);
  const found = [...pieces.flatMap((piece) => parser.push(piece)), ...parser.end()];
  // Text may come in any number of pieces
  return found.reduce<Piece[]>((all, piece) => {
    const last = all.at(-1);
    if (piece.kind === 'text' && last?.kind === 'text')
      all[all.length - 1] = { kind: 'text', text: last.text + piece.text };
    else all.push(piece);
    return all;
  }, []);
}

const text = (text: string): Piece => ({ kind: 'text', text });
const call = (callID: string, name: string, json: string): Piece => ({
  kind: 'tool-call',
  call: { callID, name, arguments: json },
});

test.each([
  { why: 'text alone', said: 'a < b\n\nand c', found: [text('a < b\n\nand c')] },
  {
    why: 'a call between texts',
    said: 'One. <tool_call>{"name": "f", "arguments": {"a": [1]}}</tool_call>\n Two.',
    found: [text('One. '), call('id1', 'f', '{"a":[1]}'), text('Two.')],
  },
  {
    why: 'two calls',
    said: '<tool_call>\n{"name":"f","arguments":{}}\n</tool_call>\n<tool_call>\n{"name":"g"}\n</tool_call>\n',
    found: [call('id1', 'f', '{}'), call('id2', 'g', '{}')],
  },
  {
    why: 'a call that the end of the answer closes',
    said: '<tool_call>{"name":"f","arguments":{}}',
    found: [call('id1', 'f', '{}')],
  },
  { why: 'a tag that never closes', said: 'x <tool_call>{"na', found: [text('x <tool_call>{"na')] },
  {
    why: 'a name that is not declared, then one that is',
    said: '<tool_call>{"name":"h"}</tool_call><tool_call>{"name":"f"}</tool_call>',
    found: [text('<tool_call>{"name":"h"}</tool_call>'), call('id1', 'f', '{}')],
  },
  {
    why: 'arguments that are no object',
    said: '<tool_call>{"name":"f","arguments":"x"}</tool_call>',
    found: [text('<tool_call>{"name":"f","arguments":"x"}</tool_call>')],
  },
  {
    why: 'JSON that is null',
    said: '<tool_call>null</tool_call>',
    found: [text('<tool_call>null</tool_call>')],
  },
  { why: 'a closing tag alone', said: 'a</tool_call>b', found: [text('a</tool_call>b')] },
])('finds $why, however it is cut', ({ said, found }) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 }), (lengths) => {
      const pieces = [];
      for (let at = 0, i = 0; at < said.length; at += lengths[i++ % lengths.length]!)
        pieces.push(said.slice(at, at + lengths[i % lengths.length]!));
      expect(parse(pieces)).toEqual(found);
    }),
    { numRuns: 50 },
  );
});

test('what cannot begin a call is given at once', () => {
  const parser = new ToolCallParser(new Set(['f']), () => 'id');
  expect(parser.push('Hello <')).toEqual([text('Hello ')]);
  expect(parser.push('b>')).toEqual([text('<b>')]);
});

test('a call that is written is read as it was', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string({ minLength: 1 }), (args, name) => {
      const given = JSON.stringify(args);
      // A tag in a text would end the call: models do not write it, pages may
      fc.pre(!given.includes('tool_call>') && !name.includes('tool_call>'));
      const written = callText({ callID: 'x', name, arguments: given });
      expect(parse([written], [name])).toEqual([call('id1', name, given)]);
    }),
  );
});

test('responses and declarations are JSON between tags', () => {
  const json = (text: string) => JSON.parse(text.replace(/<[^>]*>/g, ''));
  expect(json(responseText({ callID: '1', name: 'f"', result: '[1]' }))).toEqual({
    name: 'f"',
    content: [1],
  });
  expect(json(responseText({ callID: '1', name: 'f', errorMessage: 'no "x"' }))).toEqual({
    name: 'f',
    error: 'no "x"',
  });
  const told = toolInstructions([{ name: 'f', description: 'does f', inputSchema: '{"type":"object"}' }]);
  expect(JSON.parse(/<tools>\n(.*)\n<\/tools>/.exec(told)![1]!)).toEqual({
    type: 'function',
    function: { name: 'f', description: 'does f', parameters: { type: 'object' } },
  });
});
