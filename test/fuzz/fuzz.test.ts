// Every reader of strangers' bytes, on bytes that fast-check changes; and what the coverage-guided run has found before.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { find } from './find.ts';
import { mutateBytes } from './mutate-bytes.ts';
import { Random } from './random.ts';
import { TARGETS, type Target } from './targets.ts';

const FINDINGS = join(import.meta.dirname, 'findings');

/** What a list of changes makes of a seed. */
async function changed(
  { seeds, words, mutate }: Target,
  seed: number,
  changes: { at: number; isStructured: boolean }[],
) {
  let bytes = seeds[seed % seeds.length]!;
  for (const { at, isStructured } of changes) {
    const random = new Random(at);
    bytes = (isStructured && (await mutate?.(bytes, random, words))) || mutateBytes(bytes, random, words);
  }
  return bytes;
}

const changes = fc.array(fc.record({ at: fc.nat(), isStructured: fc.boolean() }), {
  minLength: 1,
  maxLength: 4,
});

describe.each(TARGETS)('$name', { timeout: 60_000 }, (target) => {
  test('its seeds are understood', async () => {
    for (const seed of target.seeds) await target.run(seed);
  });

  test('is understood or refused in a sentence, soon, whatever is changed in a sound one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(100), changes, async (seed, changes) => {
        expect(await find(target, await changed(target, seed, changes))).toBeUndefined();
      }),
      { numRuns: 150, seed: 3 },
    );
  });

  test('is understood or refused in a sentence, whatever the bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        expect(await find(target, bytes)).toBeUndefined();
        const start = Uint8Array.from([...(target.seeds[0] ?? []).slice(0, 24), ...bytes]);
        expect(await find(target, start)).toBeUndefined();
      }),
      { numRuns: 100, seed: 4 },
    );
  });

  const found = readdirSync(FINDINGS).filter((name) => name.startsWith(`${target.name}-`));
  test.each(found)('%s is found no more', async (name) => {
    expect(await find(target, readFileSync(join(FINDINGS, name)))).toBeUndefined();
  });
});

describe('a target is faulted', () => {
  const target = (run: Target['run']): Target => ({ name: 'planted', seeds: [], words: [], run });
  const held: ArrayBuffer[] = [];
  const refusal = (code: string, message: string) => Object.assign(new Error(message), { code });

  test.each<{ why: string; run: Target['run']; says: string | undefined }>([
    { why: 'not if it understands', run: async () => {}, says: undefined },
    {
      why: 'not if it refuses in a sentence',
      run: async () => {
        throw refusal('bad-model', 'This is no model at all.');
      },
      says: undefined,
    },
    {
      why: 'if it breaks',
      run: async (bytes) => void (bytes as unknown as { none: { such: number } }).none.such,
      says: 'no refusal: TypeError',
    },
    {
      why: 'if its refusal is no sentence',
      run: async () => {
        throw refusal('bad-model', 'oops');
      },
      says: 'no sentence: oops',
    },
    {
      why: 'if it holds far more than it was given',
      run: async () => void held.push(new ArrayBuffer(64 * 2 ** 20)),
      says: 'bytes of buffers for 1 bytes',
    },
  ])('$why', async ({ run, says }) => {
    const found = await find(target(run), Uint8Array.of(0));
    if (says === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(says);
  });
});

test('a target is faulted if it takes long', async () => {
  let now = 0;
  const slow: Target = { name: 'planted', seeds: [], words: [], run: async () => void (now += 5000) };
  expect(await find(slow, Uint8Array.of(0), () => now)).toContain('5000 ms for 1 bytes');
});
