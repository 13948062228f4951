import { appendFileSync } from 'node:fs';

/** What of a type or an architecture is measured: the columns of the table of errors. */
export type Form =
  | 'mat-vec'
  | 'mat-mat'
  | 'embedding'
  | 'experts'
  | 'model'
  | 'prefill'
  | 'decode'
  | 'batch'
  | 'long context';

/**
 * Gives the error back, and notes it for the table where `HEARTH_EXACTNESS` names a file: a line of JSON each, since
 * many processes write there. `npm run table` makes the table.
 */
export function measured(kind: 'type' | 'architecture', name: string, form: Form, error: number): number {
  note({ kind, name, form, error });
  return error;
}

/** What computed everything that this process notes. */
export function measuredOn(adapter: string): void {
  note({ adapter });
}

function note(line: object): void {
  const file = process.env.HEARTH_EXACTNESS;
  if (file) appendFileSync(file, `${JSON.stringify(line)}\n`);
}
