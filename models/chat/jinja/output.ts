import type { Scope } from './scope.ts';

/** What a template writes. */
export interface Output {
  write(text: string): void;
}

/** What a statement asks of the loop around it. */
export type Jump = 'break' | 'continue' | undefined;
export type Statement = (scope: Scope, out: Output) => Jump;

/** Collects texts, of no more than the budget. */
export function collect(scope: Scope, run: (out: Output) => void): string {
  const parts: string[] = [];
  let length = 0;
  run({
    write(text) {
      scope.budget.chars((length += text.length));
      parts.push(text);
    },
  });
  return parts.join('');
}
