import type { Budget } from './budget.ts';
import { Undefined, type Value } from './values.ts';

/** The names that can be seen from a place of a template. What is set here is not seen outside. */
export class Scope {
  private readonly names = new Map<string, Value>();

  constructor(
    readonly budget: Budget,
    private readonly outer?: Scope,
  ) {}

  get(name: string): Value {
    for (let scope: Scope | undefined = this; scope; scope = scope.outer) {
      const value = scope.names.get(name);
      if (value !== undefined) return value;
    }
    return new Undefined(name);
  }

  set(name: string, value: Value): void {
    this.names.set(name, value);
  }

  inner(): Scope {
    this.budget.tick();
    return new Scope(this.budget, this);
  }
}

export type Expression = (scope: Scope) => Value;
