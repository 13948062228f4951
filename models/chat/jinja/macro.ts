import { collect, type Statement } from './output.ts';
import type { Expression, Scope } from './scope.ts';
import { type Callable, fail, orElse, Tuple, Undefined, type Value } from './values.ts';

export interface Parameter {
  name: string;
  usual: Expression | undefined;
}

interface Macro {
  name: string;
  parameters: readonly Parameter[];
  body: Statement;
  /** Where it was defined: what it sees. */
  scope: Scope;
}

export function macro({ name, parameters, body, scope }: Macro): Callable {
  return (args, named) => {
    const inner = scope.inner();
    const known = new Set(parameters.map((parameter) => parameter.name));
    parameters.forEach(({ name: parameter, usual }, i) => {
      const given = i < args.length ? args[i] : named.get(parameter);
      const byDefault = () => (usual ? usual(inner) : new Undefined(parameter));
      inner.set(parameter, orElse(given, byDefault));
    });
    const others = [...named].filter(([key]) => !known.has(key));
    inner.set('varargs', new Tuple(args.slice(parameters.length)));
    inner.set('kwargs', new Map<Value, Value>(others.filter(([key]) => key !== 'caller')));
    inner.set('caller', named.get('caller') ?? new Undefined('caller'));
    return collect(inner, (out) => {
      if (body(inner, out)) fail(`the macro ${name} leaves a loop that is not its own`);
    });
  };
}
