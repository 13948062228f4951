import { expect, test } from 'vitest';
import { randomModel } from '../../cli/random-model.ts';
import { readModelFile } from '../model-file.ts';
import { Constrainer } from './constrainer.ts';

const bytes = randomModel('tiny', 'Q8_0');
const { tokenizer, config } = await readModelFile({
  size: bytes.length,
  read: async (offset, length) => bytes.slice(offset, offset + length),
});

test.each([
  'root ::= "{" [a-z]{1,4} ": " [0-9]+ "}"',
  'root ::= [^"\\\\]* "." ',
  'root ::= ("ab" | "a" | " b" [ä-ü]?)*',
])('a token may come just if its bit is set, and one that may not changes nothing: %s', async (ebnf) => {
  const constrainer = new Constrainer(tokenizer, config.vocab);
  const matcher = await constrainer.matcher({ constraint: { kind: 'grammar', ebnf } });
  let chance = 1;
  for (let step = 0; step < 12; step++) {
    const mask = await matcher.mask();
    if (!mask) break;
    const allowed: number[] = [];
    for (let id = 0; id < config.vocab; id++) {
      if ((mask[id >> 5]! >> (id & 31)) & 1) allowed.push(id);
      else expect(matcher.accept(id), `${id} after ${step}`).toBe(false);
    }
    expect(await matcher.mask()).toEqual(mask);
    chance = (chance * 48_271) % 0x7fff_ffff;
    const goingOn = allowed.filter((id) => !tokenizer.endIds.has(id));
    expect(matcher.accept((goingOn.length > 0 ? goingOn : allowed)[chance % (goingOn.length || 1)]!)).toBe(
      true,
    );
  }
  matcher.dispose();
  expect(matcher.accept(0)).toBe(false);
  await constrainer.dispose();
});
