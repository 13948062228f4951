// Vocabularies that are made so that tokens tell where texts are cut; what llama.cpp made of them is kept.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Metadata } from '../gguf/metadata.ts';
import { cases, digest, textsOf } from './golden/cases.ts';
import { readTokenizer } from './index.ts';

interface Answer {
  cases: string[];
  addsBos: boolean;
  digests: string;
}
const { answers }: { answers: Answer[] } = JSON.parse(
  readFileSync(new URL('golden/cuts.json', import.meta.url), 'utf8'),
);
const entries = new Map(cases());

test.each(answers.flatMap((answer) => answer.cases.map((name) => ({ ...answer, name }))))(
  '$name makes of strange texts what llama.cpp makes of them',
  ({ name, addsBos, digests }) => {
    const tokenizer = readTokenizer(new Metadata(new Map(entries.get(name))));
    const expected = digests.split(' ');
    const { texts, parseSpecial } = textsOf(name, expected.length);
    const ids = texts.map((text) => tokenizer.encode(text, { parseSpecial }));
    // The texts that differ, to be looked at
    expect(texts.filter((_, i) => digest(ids[i]!) !== expected[i])).toEqual([]);
    expect(tokenizer.addBos).toBe(addsBos);
  },
);

test('every case is judged', () => {
  expect(new Set(answers.flatMap((answer) => answer.cases))).toEqual(new Set(entries.keys()));
});
