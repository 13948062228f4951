/** What is placed, in numbers alone: machines by index, layers by index, milliseconds and bytes. */
export interface PlacementProblem {
  layers: number;
  machines: number;
  /** Milliseconds that layers [first, end) take on a machine. */
  stageMs(machine: number, first: number, end: number): number;
  /** Whether layers [first, end) fit a machine's memory; whatever is less then fits too. */
  fits(machine: number, first: number, end: number): boolean;
  /** Milliseconds from one machine to another. `ASKER` sends tokens to the first and takes ids from the last. */
  hopMs(from: number, to: number): number;
  /** One stream waits for the sum of all stages and hops; many keep every stage busy, and wait for the slowest. */
  objective: 'sum' | 'max';
}

export const ASKER = -1;

export interface Placement {
  stages: { machine: number; first: number; end: number }[];
  /** Of the objective, in milliseconds. */
  costMs: number;
}

/** Between plans that cost the same, the one of fewer machines. */
const MS_PER_MACHINE = 1e-6;

/**
 * The best way to cut a model into stages and give each to a machine: an exact dynamic programme over (machines used,
 * layers placed, machine placed on last). No machine has to take part. Nothing if the machines' memory does not do.
 *
 * Time grows as 2^machines · machines² · layers²: see `machinesWithin`.
 */
export function placeLayers(problem: PlacementProblem): Placement | undefined {
  const { layers, machines, stageMs, fits, hopMs, objective } = problem;
  const subsets = 2 ** machines;
  const at = (subset: number, end: number, last: number) => (subset * (layers + 1) + end) * machines + last;
  const costs = new Float64Array(subsets * (layers + 1) * machines).fill(Number.POSITIVE_INFINITY);
  /** Where the last stage begins, and the machine before it. */
  const firsts = new Uint16Array(costs.length);
  const befores = new Int8Array(costs.length);
  const sum = objective === 'sum';

  for (let subset = 1; subset < subsets; subset++) {
    for (let last = 0; last < machines; last++) {
      if (!(subset & (1 << last))) continue;
      const rest = subset & ~(1 << last);
      for (let before = rest === 0 ? ASKER : 0; before < (rest === 0 ? 0 : machines); before++) {
        if (rest !== 0 && !(rest & (1 << before))) continue;
        const hop = hopMs(before, last);
        if (hop === Number.POSITIVE_INFINITY) continue;
        for (let first = 0; first < (rest === 0 ? 1 : layers); first++) {
          const sofar = rest === 0 ? 0 : costs[at(rest, first, before)]!;
          if (sofar === Number.POSITIVE_INFINITY) continue;
          for (let end = first + 1; end <= layers && fits(last, first, end); end++) {
            const stage = stageMs(last, first, end);
            const cost = MS_PER_MACHINE + (sum ? sofar + hop + stage : Math.max(sofar, stage));
            const i = at(subset, end, last);
            if (cost >= costs[i]!) continue;
            costs[i] = cost;
            firsts[i] = first;
            befores[i] = before;
          }
        }
      }
    }
  }

  let best: { subset: number; last: number; costMs: number } | undefined;
  for (let subset = 1; subset < subsets; subset++) {
    for (let last = 0; last < machines; last++) {
      const back = hopMs(last, ASKER);
      if (back === Number.POSITIVE_INFINITY) continue;
      const costMs = costs[at(subset, layers, last)]! + (sum ? back : 0);
      if (costMs < (best?.costMs ?? Number.POSITIVE_INFINITY)) best = { subset, last, costMs };
    }
  }
  if (!best) return undefined;

  const stages: Placement['stages'] = [];
  let [subset, end, last] = [best.subset, layers, best.last];
  while (subset !== 0) {
    const i = at(subset, end, last);
    stages.unshift({ machine: last, first: firsts[i]!, end });
    subset &= ~(1 << last);
    [end, last] = [firsts[i]!, befores[i]!];
  }
  return { stages, costMs: best.costMs - stages.length * MS_PER_MACHINE };
}

/** How many machines can be tried with a model of so many layers within about `steps` steps of the programme. */
export function machinesWithin(steps: number, layers: number): number {
  let machines = 1;
  while (machines < 12 && 2 ** machines * (machines + 1) ** 2 * layers ** 2 < 2 * steps) machines++;
  return machines;
}
