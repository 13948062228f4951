// The plan of a model whose cache is pages of one group, for runners on a `PagedStepper`.
import type { Plan } from '../../src/engine/plan.ts';

export function pagedPlan({
  slots,
  pageCount,
  pageSize,
}: Pick<Plan, 'slots' | 'pageCount' | 'pageSize'>): Plan {
  return {
    contextLength: 100 * pageSize,
    slots,
    maxRows: 64,
    isWhole: false,
    groups: [{ window: 0, pageCount, blocks: [0] }],
    pageSize,
    pageCount,
    maxPages: 100,
    kv: 'f32',
    weightsBytes: 0,
    kvBytes: 0,
    activationsBytes: 0,
    totalBytes: 0,
  };
}
