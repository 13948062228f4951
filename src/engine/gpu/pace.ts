import type { Cost } from '../../../kernels/kernel.ts';
import { encode, type SizedDispatch, type StepLoad } from './dispatch.ts';
import { moved } from './row-times.ts';

/** Of a submission: drivers end what takes seconds, and the screen stands still meanwhile. A single dispatch is not cut. */
const MOST_MS = 100;

/** Until a step has been measured, an adapter may be as slow as this: a gigabyte, and two milliards of operations, a second. */
const SLOW = { bytes: 1e-6, operations: 5e-7 };

/** Dispatches of a step, and what each has to do. */
export interface Work {
  readonly dispatches: readonly SizedDispatch[];
  readonly costs: readonly Cost[];
}

const NOTHING: Cost = { bytes: 0, operations: 0 };

export function workOf(dispatches: readonly SizedDispatch[], load: StepLoad): Work {
  return { dispatches, costs: dispatches.map((dispatch) => dispatch.cost?.(load) ?? NOTHING) };
}

/** Cuts steps into submissions that no driver takes for hung, by what their kernels have to do and how fast the adapter has been. */
export class Pace {
  /** Milliseconds of one, by what steps have taken. */
  readonly #each = { ...SLOW };
  readonly #known = new Set<keyof typeof SLOW>();

  /** Consecutive runs of dispatches, each for a submission of its own. */
  cut({ dispatches, costs }: Work): (readonly SizedDispatch[])[] {
    const parts: (readonly SizedDispatch[])[] = [];
    let first = 0;
    let ms = 0;
    for (const [i, cost] of costs.entries()) {
      const own = this.#msOf(cost);
      if (i > first && ms + own > MOST_MS) {
        parts.push(dispatches.slice(first, i));
        first = i;
        ms = 0;
      }
      ms += own;
    }
    return [...parts, first === 0 ? dispatches : dispatches.slice(first)];
  }

  /** What encodes each of those. */
  parts(work: Work): ((pass: GPUComputePassEncoder) => void)[] {
    return this.cut(work).map((dispatches) => (pass) => encode(pass, dispatches));
  }

  /** A step's work took so long: what most of it is bound by is as fast as that says. */
  note({ costs }: Work, ms: number): void {
    const expected = { bytes: 0, operations: 0 };
    for (const cost of costs) expected[this.#boundOf(cost)] += this.#msOf(cost);
    const bound = expected.bytes > expected.operations ? 'bytes' : 'operations';
    const all = expected.bytes + expected.operations;
    if (all === 0) return;
    const each = (this.#each[bound] * ms) / all;
    // What has become slower counts at once
    const isFirst = !this.#known.has(bound) || each > this.#each[bound];
    this.#each[bound] = isFirst ? each : moved(this.#each[bound], each);
    this.#known.add(bound);
  }

  #boundOf({ bytes, operations }: Cost): keyof typeof SLOW {
    return bytes * this.#each.bytes > operations * this.#each.operations ? 'bytes' : 'operations';
  }

  #msOf(cost: Cost): number {
    return Math.max(cost.bytes * this.#each.bytes, cost.operations * this.#each.operations);
  }
}
