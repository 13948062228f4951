import { expect, test } from 'vitest';
import { allPartNames, groupParts, partOf, withoutPart } from './part-names.ts';

test.each([
  ['a-00001-of-00003.gguf', { number: 1, count: 3 }],
  ['models/a-b-00010-of-00012.GGUF', { number: 10, count: 12 }],
  ['a.gguf', undefined],
  ['a-00001-of-00001.gguf', undefined],
  ['a-00000-of-00003.gguf', undefined],
  ['a-00004-of-00003.gguf', undefined],
  ['a-00001-of-00600.gguf', undefined],
  ['a-00001-of-00003.gguf.txt', undefined],
  ['a-1-of-3.gguf', undefined],
])('%s is a part, or none', (name, part) => expect(partOf(name)).toEqual(part));

test('the names of all parts follow from any of them', () => {
  const names = ['b/a-00001-of-00003.gguf', 'b/a-00002-of-00003.gguf', 'b/a-00003-of-00003.gguf'];
  for (const name of names) expect(allPartNames(name)).toEqual(names);
  expect(allPartNames('a.gguf')).toEqual(['a.gguf']);
  expect(withoutPart('a-00002-of-00003.gguf')).toBe('a.gguf');
  expect(withoutPart('a.gguf')).toBe('a.gguf');
});

test('only parts of one model that are all there are together', () => {
  const named = (...names: string[]) => names.map((name) => ({ name }));
  const [a1, a2, b1, c] = named(
    'a-00001-of-00002.gguf',
    'a-00002-of-00002.gguf',
    'b-00001-of-00002.gguf',
    'c.gguf',
  );
  expect(groupParts([a2!, c!, a1!])).toEqual([
    { files: [a1, a2], missing: [] },
    { files: [c], missing: [] },
  ]);
  expect(groupParts([b1!])).toEqual([{ files: [b1], missing: ['b-00002-of-00002.gguf'] }]);
});
