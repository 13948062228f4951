import type { Budget } from './budget.ts';
import type { Named, Value } from './values.ts';

export interface FilterInput {
  value: Value;
  args: readonly Value[];
  named: Named;
  budget: Budget;
}

export type Filter = (input: FilterInput) => Value;

/** An argument by its place or by its name. */
export function argument({ args, named }: FilterInput, place: number, name: string): Value | undefined {
  return place < args.length ? args[place] : named.get(name);
}
