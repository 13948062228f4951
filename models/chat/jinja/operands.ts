import { attribute, subscript } from './attributes.ts';
import type { Expression, Scope } from './scope.ts';
import { slice } from './slice.ts';
import { TokenStream } from './token-stream.ts';
import {
  type Callable,
  Float,
  fail,
  iterate,
  LoopState,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from './values.ts';

const CONSTANTS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ...['true', 'True'].map((name) => [name, true] as const),
  ...['false', 'False'].map((name) => [name, false] as const),
  ...['none', 'None'].map((name) => [name, null] as const),
]);

export type Arguments = (scope: Scope) => { args: Value[]; named: Map<string, Value> };

/** Reads what operators stand between: literals and names, and what is picked from them or called. */
export abstract class Operands extends TokenStream {
  abstract tuple(): Expression;
  abstract condition(): Expression;

  protected primary(): Expression {
    const token = this.tokens[this.at++] ?? fail('an expression ends too early');
    if (token.kind === 'name') {
      const constant = CONSTANTS.get(token.text);
      return constant === undefined ? (scope) => scope.get(token.text) : () => constant;
    }
    if (token.kind === 'integer') return () => Number(token.text);
    if (token.kind === 'float') return () => new Float(Number(token.text));
    if (token.kind === 'string') return this.string(token.text);
    if (token.text === '(') return this.group();
    if (token.text === '[') return this.list();
    if (token.text === '{') return this.dict();
    fail(`${JSON.stringify(token.text)} is not expected here`);
  }

  private string(first: string): Expression {
    let text = first;
    while (this.tokens[this.at]?.kind === 'string') text += this.tokens[this.at++]!.text;
    return () => text;
  }

  private group(): Expression {
    if (this.takes(')')) return () => new Tuple([]);
    const value = this.tuple();
    this.expect(')');
    return value;
  }

  private list(): Expression {
    const items: Expression[] = [];
    while (!this.takes(']')) {
      items.push(this.condition());
      if (!this.sees(']')) this.expect(',');
    }
    return (scope) => items.map((item) => item(scope));
  }

  private dict(): Expression {
    const pairs: [key: Expression, value: Expression][] = [];
    while (!this.takes('}')) {
      const key = this.condition();
      this.expect(':');
      pairs.push([key, this.condition()]);
      if (!this.sees('}')) this.expect(',');
    }
    return (scope) => new Map(pairs.map(([key, value]) => [key(scope), value(scope)]));
  }

  protected postfix(start: Expression): Expression {
    let value = start;
    for (;;) {
      if (this.takes('.')) value = this.member(value);
      else if (this.takes('[')) value = this.subscripted(value);
      else if (this.sees('(')) value = this.called(value);
      else return value;
    }
  }

  private member(value: Expression): Expression {
    const token = this.tokens[this.at++] ?? fail('a name is expected after a dot');
    if (token.kind === 'integer') return (scope) => subscript(value(scope), Number(token.text), scope.budget);
    if (token.kind !== 'name') fail('a name is expected after a dot');
    return (scope) => {
      scope.budget.tick();
      return attribute(value(scope), token.text, scope.budget);
    };
  }

  private subscripted(value: Expression): Expression {
    const bounds: (Expression | undefined)[] = [];
    let isSlice = false;
    let bound: Expression | undefined;
    while (!this.takes(']')) {
      if (this.takes(':')) {
        isSlice = true;
        bounds.push(bound);
        bound = undefined;
      } else bound = this.condition();
    }
    bounds.push(bound);
    if (isSlice)
      return (scope) =>
        slice(
          value(scope),
          bounds.map((b) => b?.(scope) ?? null),
          scope.budget,
        );
    const key = bound ?? fail('a subscript is missing');
    return (scope) => {
      scope.budget.tick();
      return subscript(value(scope), key(scope), scope.budget);
    };
  }

  protected called(value: Expression): Expression {
    const read = this.arguments();
    return (scope) => {
      scope.budget.tick();
      const callee = value(scope);
      const { args, named } = read(scope);
      if (callee instanceof Undefined) fail(`${callee.name} is not defined`);
      return functionOf(callee)(args, named);
    };
  }

  arguments(): Arguments {
    const fill: ((scope: Scope, args: Value[], named: Map<string, Value>) => void)[] = [];
    this.expect('(');
    while (!this.takes(')')) {
      if (this.takes('**')) {
        const all = this.condition();
        fill.push((scope, _, named) => {
          const more = all(scope);
          if (!(more instanceof Map)) fail('what follows ** must be a dict');
          for (const [key, value] of more) named.set(String(key), value);
        });
      } else if (this.takes('*')) {
        const all = this.condition();
        fill.push((scope, args) => args.push(...iterate(all(scope))));
      } else if (this.tokens[this.at]?.kind === 'name' && this.tokens[this.at + 1]?.text === '=') {
        const name = this.name();
        this.expect('=');
        const value = this.condition();
        fill.push((scope, _, named) => named.set(name, value(scope)));
      } else {
        const value = this.condition();
        fill.push((scope, args) => args.push(value(scope)));
      }
      if (!this.sees(')')) this.expect(',');
    }
    return (scope) => {
      const [args, named] = [[] as Value[], new Map<string, Value>()];
      for (const add of fill) add(scope, args, named);
      return { args, named };
    };
  }

  /** A call that is given one more argument. */
  callWith(name: string, extra: () => Value): Expression {
    const callee = this.memberPath();
    const read = this.arguments();
    return (scope) => {
      const { args, named } = read(scope);
      return functionOf(callee(scope))(args, named.set(name, extra()));
    };
  }

  private memberPath(): Expression {
    let value = this.primary();
    while (this.takes('.')) value = this.member(value);
    return value;
  }
}

function functionOf(value: Value): Callable {
  if (value instanceof LoopState) return value.again;
  if (typeof value !== 'function') fail(`a value of type ${typeName(value)} cannot be called`);
  return value as Callable;
}
