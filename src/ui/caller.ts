import type { Client } from '../channel/connect.ts';
import { fromFailure, toFailure } from '../protocol/errors.ts';
import type { Contract } from '../protocol/frames.ts';

/** A contract as the screens call it: `caller(name, input, {signal, onPart})`. */
export type Caller<C extends Contract> = Client<C>['call'];

/** What a failed call says to the user. Errors of ours are sentences; of any other only that something went wrong. */
export function sentenceOf(error: unknown): string {
  return fromFailure(toFailure(error)).message;
}
