import type { Budget } from './budget.ts';
import { characters, fail, integerOf, Tuple, typeName, type Value } from './values.ts';

/** Python's `value[start:stop:step]`; null for what is not given. */
export function slice(value: Value, bounds: readonly Value[], budget: Budget): Value {
  const items = typeof value === 'string' ? characters(value) : value instanceof Tuple ? value.items : value;
  if (!Array.isArray(items)) fail(`a value of type ${typeName(value)} has no parts`);
  const [start, stop, step] = [0, 1, 2].map((i) => {
    const bound = bounds[i] ?? null;
    return bound === null ? undefined : integerOf(bound, "a slice's bound");
  });
  budget.elements(typeof value === 'string' ? 0 : items.length);
  const picked = pick(items as readonly Value[], start, stop, step ?? 1);
  if (typeof value === 'string') return picked.join('');
  return value instanceof Tuple ? new Tuple(picked) : picked;
}

function pick(
  items: readonly Value[],
  start: number | undefined,
  stop: number | undefined,
  step: number,
): Value[] {
  if (step === 0) fail('a slice cannot have a step of 0');
  const { length } = items;
  const [least, most] = step > 0 ? [0, length] : [-1, length - 1];
  const place = (bound: number) => Math.min(most, Math.max(least, bound < 0 ? bound + length : bound));
  const from = start === undefined ? (step > 0 ? least : most) : place(start);
  const to = stop === undefined ? (step > 0 ? most : least) : place(stop);
  const picked: Value[] = [];
  for (let at = from; step > 0 ? at < to : at > to; at += step) picked.push(items[at]!);
  return picked;
}
