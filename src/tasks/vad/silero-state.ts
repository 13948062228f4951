import { bad, isPlain, type Parse } from '../args.ts';
import { QUIET, type SpanState } from './speech-spans.ts';

/** Samples at 16 kHz. */
export const WINDOW = 512;
export const CONTEXT = 64;
/** Values that a window leaves for the next. */
export const HIDDEN = 256;

/** What a stream of audio has left: the page keeps it, and passes it with what comes next. */
export interface SileroState extends SpanState {
  hidden: Float32Array;
  context: Float32Array;
  /** Samples that did not make a window yet. */
  rest: Float32Array;
  /** Samples that came before those. */
  at: number;
}

export function newState(): SileroState {
  return {
    hidden: new Float32Array(HIDDEN),
    context: new Float32Array(CONTEXT),
    rest: new Float32Array(0),
    at: 0,
    ...QUIET,
  };
}

export const sileroState: Parse<SileroState> = (value, name) => {
  const wanted = bad(name, 'what an earlier call has given as `state`');
  if (!isPlain(value)) throw wanted;
  const floats = (field: string, min: number, max: number) => {
    const array = value[field];
    const isRight = array instanceof Float32Array && array.length >= min && array.length <= max;
    if (!isRight || !array.every(Number.isFinite)) throw wanted;
    return array.slice();
  };
  const integer = (field: string, min: number) => {
    const number = value[field];
    if (!Number.isSafeInteger(number) || (number as number) < min) throw wanted;
    return number as number;
  };
  return {
    hidden: floats('hidden', HIDDEN, HIDDEN),
    context: floats('context', CONTEXT, CONTEXT),
    rest: floats('rest', 0, WINDOW - 1),
    at: integer('at', 0),
    begun: integer('begun', -1),
    silent: integer('silent', -1),
  };
};
