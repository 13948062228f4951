import { bytesInWords } from '../protocol/bytes-in-words.ts';
import { HearthError } from '../protocol/errors.ts';
import { type Plan, type PlanRequest, planMemory } from './plan.ts';

/** Fewer rows a step than this save nothing worth having. */
const LEAST_ROWS = 16;

/**
 * Makes what a plan is for. Where the device turns out to have less room than the plan took for granted, and the plan may
 * shrink, smaller ones are tried: each with half of what the one before had beside the weights, in fewer rows and slots, a
 * cache of fewer bits and then a shorter context. Fails with `out-of-memory`, and a sentence of what is needed.
 */
export async function makeFitting<T>(
  request: PlanRequest,
  make: (plan: Plan) => Promise<T>,
): Promise<{ plan: Plan; made: T }> {
  let asked = request;
  let plan = planMemory(request);
  for (;;) {
    try {
      return { plan, made: await make(plan) };
    } catch (error) {
      if (!isOutOfMemory(error) || request.canShrink === false) throw error;
      const { weightsBytes } = request;
      asked = {
        ...asked,
        budgetBytes: weightsBytes + Math.floor((plan.totalBytes - weightsBytes) / 2),
        slots: Math.max(1, Math.floor(plan.slots / 2)),
        maxRows: Math.min(plan.maxRows, Math.max(LEAST_ROWS, Math.floor(plan.maxRows / 2))),
      };
      plan = smaller(asked, plan, error);
    }
  }
}

function smaller(request: PlanRequest, { totalBytes }: Plan, cause: unknown): Plan {
  try {
    return planMemory(request);
  } catch {
    throw new HearthError(
      'out-of-memory',
      `The GPU has no room for this model: even the smallest plan for it, of ${bytesInWords(totalBytes)} with ${bytesInWords(request.weightsBytes)} of weights, was refused. Close other pages and programs that use the GPU, or choose a smaller model or quantisation.`,
      { cause },
    );
  }
}

export function isOutOfMemory(error: unknown): boolean {
  return error instanceof HearthError && error.code === 'out-of-memory';
}
