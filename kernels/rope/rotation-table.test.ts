import { expect, test } from 'vitest';
import { pairFrequencies, rotationTable } from './rotation-table.ts';

const plain = { positions: 1, rotaryDim: 128, base: 500_000 };

test('each pair turns slower than the last by one ratio, from one radian per position', () => {
  const frequencies = pairFrequencies({ positions: 1, rotaryDim: 8, base: 10_000 });
  expect([...frequencies]).toEqual([1, expect.closeTo(0.1), expect.closeTo(0.01), expect.closeTo(0.001)]);
});

test('the table holds cosine and sine of position times frequency', () => {
  const table = rotationTable({ positions: 3, rotaryDim: 4, base: 100 });
  const angles = [0, 0, 1, 0.1, 2, 0.2];
  expect([...table]).toEqual([...Float32Array.from(angles.flatMap((a) => [Math.cos(a), Math.sin(a)]))]);
});

test('linear scaling puts a later position where an earlier one was', () => {
  const scaled = rotationTable({
    positions: 9,
    rotaryDim: 8,
    base: 100,
    scaling: { kind: 'linear', factor: 4 },
  });
  const unscaled = rotationTable({ positions: 3, rotaryDim: 8, base: 100 });
  expect([...scaled.slice(-8)]).toEqual([...unscaled.slice(-8)]);
});

test('NTK-aware scaling leaves the fastest pair, and slows the slowest by its factor', () => {
  const before = pairFrequencies(plain);
  const after = pairFrequencies({ ...plain, scaling: { kind: 'ntk', factor: 8 } });
  expect(after[0]).toBe(before[0]);
  expect(after[63]! / before[63]!).toBeCloseTo(1 / 8, 12);
  const ratios = [...after].map((frequency, pair) => frequency / before[pair]!);
  expect(ratios).toEqual(ratios.toSorted((a, b) => b - a));
});

test('factors divide the frequency of their pair', () => {
  const factors = [1, 2, 4, 8];
  const divided = pairFrequencies({ positions: 1, rotaryDim: 8, base: 100, factors });
  const undivided = pairFrequencies({ positions: 1, rotaryDim: 8, base: 100 });
  expect([...divided]).toEqual([...undivided].map((frequency, i) => frequency / factors[i]!));
});

test("Llama 3's scaling spares fast pairs, interpolates slow ones and blends between", () => {
  const scaling = {
    kind: 'llama3',
    factor: 8,
    lowFrequencyFactor: 1,
    highFrequencyFactor: 4,
    originalContext: 8192,
  } as const;
  const before = pairFrequencies(plain);
  const after = pairFrequencies({ ...plain, scaling });
  let blended = 0;
  for (const [pair, frequency] of before.entries()) {
    const wavelength = (2 * Math.PI) / frequency;
    if (wavelength < 8192 / 4) expect(after[pair]).toBe(frequency);
    else if (wavelength > 8192) expect(after[pair]).toBe(frequency / 8);
    else {
      blended++;
      const smooth = (8192 / wavelength - 1) / (4 - 1);
      expect(after[pair]).toBeCloseTo((1 - smooth) * (frequency / 8) + smooth * frequency, 12);
    }
  }
  expect(blended).toBeGreaterThan(3);
});

test('YaRN spares pairs that turn 32 times in the original context, interpolates those under one turn, and sharpens attention', () => {
  const scaling = { kind: 'yarn', factor: 4, originalContext: 4096 } as const;
  const before = pairFrequencies(plain);
  const after = pairFrequencies({ ...plain, scaling });
  const turns = [...before].map((frequency) => (4096 * frequency) / (2 * Math.PI));
  // The ramp's ends are whole pairs, so a pair next to a bound may be on either side
  for (const [pair, frequency] of before.entries()) {
    if (turns[pair]! > 32 * 1.3) expect(after[pair]).toBe(frequency);
    if (turns[pair]! < 1 / 1.3) expect(after[pair]).toBe(frequency / 4);
    expect(after[pair]! / frequency).toBeLessThanOrEqual(pair ? after[pair - 1]! / before[pair - 1]! : 1);
  }
  const [cosine] = rotationTable({ ...plain, scaling });
  expect(cosine).toBeCloseTo(0.1 * Math.log(4) + 1, 6);
  expect(rotationTable({ ...plain, scaling: { ...scaling, attentionFactor: 1 } })[0]).toBe(1);
});
