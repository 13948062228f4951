import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Cost } from '../../../kernels/kernel.ts';
import type { SizedDispatch } from './dispatch.ts';
import { Pace, type Work } from './pace.ts';

/** A GPU that takes what its dispatches have to do, and a moment for each: the slower of memory and arithmetic. */
function gpu({ gbPerS, gflops }: { gbPerS: number; gflops: number }) {
  return (costs: readonly Cost[]) =>
    costs.reduce(
      (ms, { bytes, operations }) => ms + Math.max(0.002, bytes / gbPerS / 1e6, operations / gflops / 1e6),
      0,
    );
}

function work(costs: readonly Cost[]): Work {
  return { costs, dispatches: costs.map((_, i) => ({ name: `${i}` }) as SizedDispatch) };
}

/** 1B in four bits: so many blocks of four matrices, of so many rows. */
function step(rows: number): Work {
  const matrix = (weights: number) => ({ bytes: weights / 2 + rows * 8000, operations: 2 * rows * weights });
  return work(Array.from({ length: 16 }, () => [6e6, 4e6, 33e6, 17e6].map(matrix)).flat());
}

/** The longest submission of each of the steps, in milliseconds. */
function longest(takes: ReturnType<typeof gpu>, steps: readonly Work[]): number[] {
  const pace = new Pace();
  return steps.map((now) => {
    const parts = pace.cut(now);
    expect(parts.flat()).toEqual(now.dispatches);
    const costs = parts.map((part) => part.map(({ name }) => now.costs[Number(name)]!));
    pace.note(now, takes(now.costs));
    return Math.max(...costs.map(takes));
  });
}

const decodes = Array.from({ length: 8 }, () => step(1));

describe.each([
  { why: 'large', gbPerS: 4000, gflops: 60_000 },
  { why: 'integrated', gbPerS: 30, gflops: 300 },
  { why: 'very slow', gbPerS: 2, gflops: 3 },
])('on a $why GPU', (speed) => {
  test('no submission takes longer than drivers wait, in the first steps either, and when prompts come', () => {
    const takes = gpu(speed);
    const steps = [step(16), ...decodes, step(64), step(64), ...decodes, step(64)];
    // A single dispatch is not cut: it may take what it takes
    const most = Math.max(200, ...step(64).costs.map((cost) => takes([cost])));
    for (const ms of longest(takes, steps)) expect(ms).toBeLessThanOrEqual(most);
  });
});

test('once a GPU is known to be fast, a step is one submission', () => {
  const pace = new Pace();
  const takes = gpu({ gbPerS: 4000, gflops: 60_000 });
  expect(pace.cut(step(1)).length).toBeGreaterThan(1);
  for (const now of [step(1), step(512), step(1), step(512)]) pace.note(now, takes(now.costs));
  expect(pace.cut(step(1))).toHaveLength(1);
  expect(pace.cut(step(512))).toHaveLength(1);
});

test('a GPU that becomes slow is given less at once from the next step on', () => {
  const pace = new Pace();
  for (let i = 0; i < 5; i++) pace.note(step(16), 5);
  expect(pace.cut(step(16))).toHaveLength(1);
  pace.note(step(16), 1000);
  expect(pace.cut(step(16)).length).toBeGreaterThanOrEqual(10);
});

test('whatever dispatches have to do, each is run once, in their order', () => {
  const cost = fc.record({ bytes: fc.nat(1e9), operations: fc.nat(2e9) });
  fc.assert(
    fc.property(
      fc.array(cost, { maxLength: 30 }),
      fc.double({ min: 0, max: 1e5, noNaN: true }),
      (costs, ms) => {
        const pace = new Pace();
        pace.note(work(costs), ms);
        expect(pace.cut(work(costs)).flat()).toEqual(work(costs).dispatches);
      },
    ),
  );
});
