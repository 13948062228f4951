import { equals } from './compare.ts';
import { collect, type Jump, type Output, type Statement } from './output.ts';
import type { Expression, Scope } from './scope.ts';
import { type Callable, fail, isTrue, iterate, LoopState, orElse, Undefined, type Value } from './values.ts';

interface Loop {
  items: Value;
  target: (scope: Scope, value: Value) => void;
  /** Items that it does not hold of are left out, and not counted. */
  test: Expression | undefined;
  isRecursive: boolean;
  body: Statement;
  otherwise: Statement | undefined;
  scope: Scope;
  out: Output;
}

export function loopOver(loop: Loop, depth = 0): Jump {
  const { target, test, body, otherwise, scope, out } = loop;
  const items = iterate(loop.items).filter((item) => {
    if (!test) return true;
    const inner = scope.inner();
    target(inner, item);
    return isTrue(test(inner));
  });
  if (items.length === 0) return otherwise?.(scope, out);

  const memory: Memory = { last: undefined };
  for (const [index, item] of items.entries()) {
    const inner = scope.inner();
    inner.set('loop', loopValue(loop, items, index, depth, memory));
    target(inner, item);
    if (body(inner, out) === 'break') break;
  }
  return undefined;
}

/** What `loop.changed` was last asked about. */
interface Memory {
  last: readonly Value[] | undefined;
}

function loopValue(
  loop: Loop,
  items: readonly Value[],
  index: number,
  depth: number,
  memory: Memory,
): LoopState {
  const { scope, isRecursive } = loop;
  const again: Callable = ([inner = null]) =>
    isRecursive
      ? collect(scope, (out) => loopOver({ ...loop, items: inner, out }, depth + 1))
      : fail('only a loop that says recursive can be called');
  const changed: Callable = (values) => {
    const { last } = memory;
    memory.last = values;
    return (
      !last ||
      last.length !== values.length ||
      !values.every((value, i) => equals(value, last[i]!, scope.budget))
    );
  };
  const cycle: Callable = (values) =>
    orElse(values[index % values.length], () => fail('a cycle goes through nothing'));
  return new LoopState(
    new Map<Value, Value>([
      ['index', index + 1],
      ['index0', index],
      ['revindex', items.length - index],
      ['revindex0', items.length - index - 1],
      ['first', index === 0],
      ['last', index === items.length - 1],
      ['length', items.length],
      ['depth', depth + 1],
      ['depth0', depth],
      ['previtem', orElse(items[index - 1], () => new Undefined('the item before the first'))],
      ['nextitem', orElse(items[index + 1], () => new Undefined('the item after the last'))],
      ['cycle', cycle],
      ['changed', changed],
    ]),
    again,
  );
}
