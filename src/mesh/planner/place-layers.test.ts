import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ASKER, machinesWithin, type PlacementProblem, placeLayers } from './place-layers.ts';

/** Every order of every choice of machines with every cut, looked at one by one. */
function cheapest({ layers, machines, stageMs, fits, hopMs, objective }: PlacementProblem): number {
  let best = Number.POSITIVE_INFINITY;
  const go = (used: number[], first: number, sum: number, max: number) => {
    const last = used.at(-1) ?? ASKER;
    if (first === layers) {
      const whole = sum + hopMs(last, ASKER);
      if (whole < Number.POSITIVE_INFINITY) best = Math.min(best, objective === 'sum' ? whole : max);
      return;
    }
    for (let machine = 0; machine < machines; machine++) {
      if (used.includes(machine) || hopMs(last, machine) === Number.POSITIVE_INFINITY) continue;
      for (let end = first + 1; end <= layers; end++) {
        if (!fits(machine, first, end)) continue;
        const ms = stageMs(machine, first, end);
        go([...used, machine], end, sum + hopMs(last, machine) + ms, Math.max(max, ms));
      }
    }
  };
  go([], 0, 0, 0);
  return best;
}

interface Numbers {
  layerMs: number[];
  layerBytes: number[];
  machines: { pace: number; freeBytes: number }[];
  hops: number[];
  objective: 'sum' | 'max';
}

function problemOf({ layerMs, layerBytes, machines, hops, objective }: Numbers): PlacementProblem {
  const sum = (values: number[], first: number, end: number) =>
    values.slice(first, end).reduce((total, value) => total + value, 0);
  return {
    layers: layerMs.length,
    machines: machines.length,
    objective,
    stageMs: (machine, first, end) => machines[machine]!.pace * sum(layerMs, first, end),
    fits: (machine, first, end) => sum(layerBytes, first, end) <= machines[machine]!.freeBytes,
    hopMs(from, to) {
      const ms = hops[(from + 1) * (machines.length + 1) + to + 1]!;
      // Some ways do not exist
      return ms > 90 ? Number.POSITIVE_INFINITY : ms;
    },
  };
}

const numbers: fc.Arbitrary<Numbers> = fc
  .record({ layers: fc.integer({ min: 1, max: 6 }), machines: fc.integer({ min: 1, max: 4 }) })
  .chain(({ layers, machines }) =>
    fc.record({
      layerMs: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: layers, maxLength: layers }),
      layerBytes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: layers, maxLength: layers }),
      machines: fc.array(
        fc.record({ pace: fc.integer({ min: 1, max: 5 }), freeBytes: fc.integer({ min: 0, max: 30 }) }),
        { minLength: machines, maxLength: machines },
      ),
      hops: fc.array(fc.integer({ min: 0, max: 100 }), {
        minLength: (machines + 1) ** 2,
        maxLength: (machines + 1) ** 2,
      }),
      objective: fc.constantFrom('sum' as const, 'max' as const),
    }),
  );

test('finds what looking at every plan finds', () => {
  fc.assert(
    fc.property(numbers, (numbers) => {
      const problem = problemOf(numbers);
      const best = cheapest(problem);
      const placement = placeLayers(problem);
      expect(placement?.costMs ?? Number.POSITIVE_INFINITY).toBeCloseTo(best, 4);
      if (!placement) return;
      // The plan is whole, in order, on different machines, and costs what it says
      const { stages } = placement;
      expect(stages.map(({ first }) => first)).toEqual([0, ...stages.slice(0, -1).map(({ end }) => end)]);
      expect(stages.at(-1)!.end).toBe(problem.layers);
      expect(new Set(stages.map(({ machine }) => machine)).size).toBe(stages.length);
      expect(stages.every(({ machine, first, end }) => problem.fits(machine, first, end))).toBe(true);
      const ms = stages.map(({ machine, first, end }) => problem.stageMs(machine, first, end));
      const path = [ASKER, ...stages.map(({ machine }) => machine), ASKER];
      const hopsMs = path.slice(1).reduce((sum, to, i) => sum + problem.hopMs(path[i]!, to), 0);
      const cost =
        problem.objective === 'sum' ? ms.reduce((sum, value) => sum + value, hopsMs) : Math.max(...ms);
      expect(cost).toBeCloseTo(best, 4);
    }),
    { numRuns: 300 },
  );
});

test('one stream takes the fewest machines that fit, the fastest first; many take all', () => {
  const room = {
    layerMs: [4, 4, 4, 4, 4, 4],
    layerBytes: [1, 1, 1, 1, 1, 1],
    machines: [
      { pace: 2, freeBytes: 4 },
      { pace: 1, freeBytes: 4 },
      { pace: 3, freeBytes: 6 },
    ],
    hops: Array.from({ length: 16 }, () => 1),
  };
  const one = placeLayers(problemOf({ ...room, objective: 'sum' }))!;
  expect(one.stages.map(({ machine, first, end }) => [machine, end - first]).sort()).toEqual([
    [0, 2],
    [1, 4],
  ]);
  const many = placeLayers(problemOf({ ...room, objective: 'max' }))!;
  expect(many.stages).toHaveLength(3);
});

test('a room that is too small for the model has no plan', () => {
  const room: Numbers = {
    layerMs: [1, 1, 1],
    layerBytes: [5, 5, 5],
    machines: [
      { pace: 1, freeBytes: 5 },
      { pace: 1, freeBytes: 9 },
    ],
    hops: Array.from({ length: 9 }, () => 1),
    objective: 'sum',
  };
  expect(placeLayers(problemOf(room))).toBeUndefined();
});

test('a large model is planned for as many machines as can be looked at in time', () => {
  expect(machinesWithin(20e6, 32)).toBeGreaterThanOrEqual(7);
  expect(machinesWithin(20e6, 128)).toBeGreaterThanOrEqual(4);
});
