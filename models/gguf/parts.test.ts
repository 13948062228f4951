import { describe, expect, test } from 'vitest';
import { smallModel } from '../../test/fakes/model-files.ts';
import { type Part, splitModel, writeParts } from '../../test/fakes/split-model.ts';
import type { ByteSource } from './header-bytes.ts';
import { joinSources } from './joined-source.ts';
import { readGguf } from './read-gguf.ts';
import type { GgufValue } from './values.ts';

const whole = smallModel();
const u16 = (value: number): GgufValue => ({ type: 'uint16', value });

function sourceOf(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    async read(offset, length) {
      expect(offset + length).toBeLessThanOrEqual(bytes.length);
      return bytes.slice(offset, offset + length);
    },
    blob: async () => new Blob([bytes.slice()]),
  };
}

async function join(parts: readonly Part[]): Promise<ByteSource> {
  return joinSources(writeParts(parts).map(sourceOf));
}

describe('a model in parts', () => {
  test.each([1, 2, 3, 5])('of %i is the model that it was before', async (count) => {
    const source = await join(await splitModel(whole, count));
    const [found, expected] = [await readGguf(source), await readGguf(sourceOf(whole))];
    expect([...found.metadata.entries]).toEqual([...expected.metadata.entries]);
    expect([...found.tensors.keys()]).toEqual([...expected.tensors.keys()]);
    const blob = new Uint8Array(await (await source.blob!()).arrayBuffer());
    for (const [name, { offset, sizeBytes, ...tensor }] of found.tensors) {
      const { offset: before, ...same } = expected.tensors.get(name)!;
      expect({ ...tensor, sizeBytes }).toEqual(same);
      const bytes = whole.slice(before, before + sizeBytes);
      expect(await source.read(offset, sizeBytes)).toEqual(bytes);
      expect(blob.slice(offset, offset + sizeBytes)).toEqual(bytes);
    }
  });

  test('is read across the seams', async () => {
    const bytes = Uint8Array.from({ length: 9 }, (_, i) => i);
    const source = joinSources([bytes.slice(0, 2), bytes.slice(2, 3), bytes.slice(3)].map(sourceOf));
    for (let from = 0; from < 9; from++)
      for (let to = from; to <= 9; to++)
        expect(await source.read(from, to - from)).toEqual(bytes.slice(from, to));
  });

  test('may have its metadata in a first part without tensors', async () => {
    const [first, second] = await splitModel(whole, 1).then(async ([only]) => {
      const [a, b] = await splitModel(whole, 2);
      return [
        { metadata: a!.metadata, tensors: [] },
        { metadata: b!.metadata, tensors: only!.tensors },
      ];
    });
    expect((await readGguf(await join([first!, second!]))).tensors.size).toBe(11);
  });

  test('that was merged says so by a count of 0', async () => {
    const merged = smallModel({ metadata: { 'split.count': u16(0), 'split.no': u16(0) } });
    expect((await readGguf(sourceOf(merged))).metadata.has('split.count')).toBe(false);
  });
});

const changed = (part: Part, metadata: Record<string, GgufValue>): Part => ({
  ...part,
  metadata: [...new Map([...part.metadata, ...Object.entries(metadata)])],
});

describe('parts are refused', () => {
  test.each<{ why: string; from: (parts: Part[]) => Part[]; says: string }>([
    { why: 'one alone', from: ([a]) => [a!], says: 'part 1 of 3 of a model, and the others are missing' },
    { why: 'the last alone', from: ([, , c]) => [c!], says: 'part 3 of 3 of a model, and the others' },
    { why: 'too few', from: ([a, b]) => [a!, b!], says: 'part 1 of 3' },
    {
      why: 'in another order',
      from: ([a, b, c]) => [a!, c!, b!],
      says: 'in the place of part 2 of 3 is part 3',
    },
    {
      why: 'another one first',
      from: ([a, b, c]) => [b!, a!, c!],
      says: 'in the place of part 1 of 3 is part 2',
    },
    {
      why: 'one of them twice',
      from: ([a, b]) => [a!, b!, b!],
      says: 'in the place of part 3 of 3 is part 2',
    },
    {
      why: 'a whole model among them',
      from: ([a, b, c]) => [a!, changed(b!, { 'split.count': u16(0) }), c!],
      says: 'in the place of part 2 of 3 is a whole model',
    },
    {
      why: 'one of a model in more parts',
      from: ([a, b, c]) => [a!, changed(b!, { 'split.count': u16(4) }), c!],
      says: 'is part 2 of 4',
    },
    {
      why: 'one with a tensor that another has',
      from: ([a, b, c]) => [a!, { ...b!, tensors: a!.tensors }, c!],
      says: 'Part 2 of 3 has the tensor "token_embd.weight"',
    },
    {
      why: 'one of a model with more tensors',
      from: ([a, b, c]) => [a!, changed(b!, { 'split.tensors.count': { type: 'int32', value: 12 } }), c!],
      says: '"split.tensors.count"',
    },
    {
      why: 'one that lacks a tensor',
      from: ([a, b, c]) => [a!, { ...b!, tensors: b!.tensors.slice(1) }, c!],
      says: 'should have 11 tensors, but has 10',
    },
    {
      why: 'one that says another thing of the model',
      from: ([a, b, c]) => [a!, changed(b!, { 'general.name': { type: 'string', value: 'other' } }), c!],
      says: '"general.name"',
    },
    {
      why: 'what splits them otherwise',
      from: ([a, b, c]) => [changed(a!, { 'split.by': u16(1) }), b!, c!],
      says: '"split.by"',
    },
    {
      why: 'more of them than there may be',
      from: ([a]) => [changed(a!, { 'split.count': u16(60_000) })],
      says: 'split into 60000 parts',
    },
  ])('$why', async ({ from, says }) => {
    const error = readGguf(await join(from(await splitModel(whole, 3))));
    await expect(error).rejects.toThrow(says);
    await expect(error).rejects.toMatchObject({ code: expect.stringMatching(/^(bad|unsupported)-model$/) });
  });

  test('when one is damaged, which is named', async () => {
    const [a, b] = writeParts(await splitModel(whole, 2));
    const source = joinSources([sourceOf(a!), sourceOf(b!.slice(0, -9000))]);
    await expect(readGguf(source)).rejects.toThrow(
      /^Part 2 of 2: This GGUF file is damaged: .*should end at/,
    );
  });
});
