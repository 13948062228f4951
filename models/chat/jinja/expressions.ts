import { attribute, subscript } from './attributes.ts';
import { FILTERS } from './filters.ts';
import type { Token } from './lexer.ts';
import { COMPARISONS, OPERATORS } from './operators.ts';
import type { Expression, Scope } from './scope.ts';
import { slice } from './slice.ts';
import { spell } from './spell.ts';
import { TESTS } from './tests.ts';
import { join } from './text-methods.ts';
import {
  type Callable,
  Float,
  fail,
  integerOf,
  isNumber,
  isTrue,
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

type Arguments = (scope: Scope) => { args: Value[]; named: Map<string, Value> };

/**
 * Reads expressions by recursive descent, from the weakest binding to the strongest, and returns each as a function of
 * the names in scope. https://jinja.palletsprojects.com/en/stable/templates/#expressions
 */
export class Expressions {
  private at = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  get isAtEnd(): boolean {
    return this.at >= this.tokens.length;
  }

  end(): void {
    if (!this.isAtEnd) fail(`${JSON.stringify(this.tokens[this.at]!.text)} is not expected here`);
  }

  /** Takes the next token if it is this name or sign. */
  takes(text: string): boolean {
    if (!this.sees(text)) return false;
    this.at++;
    return true;
  }

  sees(...texts: string[]): boolean {
    const token = this.tokens[this.at];
    return token !== undefined && token.kind !== 'string' && texts.includes(token.text);
  }

  expect(text: string): void {
    if (!this.takes(text))
      fail(
        `${JSON.stringify(text)} is expected, not ${JSON.stringify(this.tokens[this.at]?.text ?? 'the end')}`,
      );
  }

  name(): string {
    const token = this.tokens[this.at++];
    return token?.kind === 'name'
      ? token.text
      : fail(`a name is expected, not ${JSON.stringify(token?.text ?? 'the end')}`);
  }

  /** Items with commas between them are a tuple, of which the parentheses may be missing. */
  tuple(stop: readonly string[] = []): Expression {
    const first = this.condition();
    if (!this.sees(',')) return first;
    const items = [first];
    while (this.takes(',') && !this.isAtEnd && !this.sees(...stop, ')', '=')) items.push(this.condition());
    return (scope) => new Tuple(items.map((item) => item(scope)));
  }

  condition(): Expression {
    const value = this.or();
    if (!this.takes('if')) return value;
    const test = this.or();
    const other: Expression = this.takes('else')
      ? this.condition()
      : () => new Undefined('the value of an if without else');
    return (scope) => (isTrue(test(scope)) ? value(scope) : other(scope));
  }

  or(): Expression {
    let left = this.and();
    while (this.takes('or')) {
      const [first, second] = [left, this.and()];
      left = (scope) => {
        const value = first(scope);
        return isTrue(value) ? value : second(scope);
      };
    }
    return left;
  }

  private and(): Expression {
    let left = this.not();
    while (this.takes('and')) {
      const [first, second] = [left, this.not()];
      left = (scope) => {
        const value = first(scope);
        return isTrue(value) ? second(scope) : value;
      };
    }
    return left;
  }

  private not(): Expression {
    if (!this.takes('not')) return this.comparison();
    const value = this.not();
    return (scope) => !isTrue(value(scope));
  }

  /** `a < b < c` is `a < b and b < c`. */
  private comparison(): Expression {
    const first = this.sum();
    const rest: [sign: string, value: Expression][] = [];
    for (let sign = this.comparator(); sign; sign = this.comparator()) rest.push([sign, this.sum()]);
    if (rest.length === 0) return first;
    return (scope) => {
      scope.budget.tick();
      let left = first(scope);
      return rest.every(([sign, value]) => {
        const right = value(scope);
        const holds = COMPARISONS[sign]!(left, right, scope.budget);
        left = right;
        return holds;
      });
    };
  }

  private comparator(): string | undefined {
    if (this.sees('not') && this.tokens[this.at + 1]?.text === 'in') {
      this.at += 2;
      return 'not in';
    }
    return ['==', '!=', '<=', '>=', '<', '>', 'in'].find((sign) => this.takes(sign));
  }

  private sum(): Expression {
    return this.operation(['+', '-'], () => this.joined());
  }

  private joined(): Expression {
    const parts = [this.product()];
    while (this.takes('~')) parts.push(this.product());
    if (parts.length === 1) return parts[0]!;
    return (scope) =>
      join(
        '',
        parts.map((part) => spell(part(scope), scope.budget)),
        scope.budget,
      );
  }

  private product(): Expression {
    return this.operation(['*', '//', '/', '%'], () => this.operation(['**'], () => this.unary()));
  }

  private operation(signs: readonly string[], operand: () => Expression): Expression {
    let left = operand();
    for (let sign = signs.find((s) => this.takes(s)); sign; sign = signs.find((s) => this.takes(s))) {
      const [first, second, operator] = [left, operand(), OPERATORS[sign]!];
      left = (scope) => {
        scope.budget.tick();
        return operator(first(scope), second(scope), scope.budget);
      };
    }
    return left;
  }

  private unary(hasFilters = true): Expression {
    const sign = ['-', '+'].find((s) => this.takes(s));
    const value = sign ? negated(this.unary(false), sign === '-') : this.postfix(this.primary());
    return hasFilters ? this.filtered(value) : value;
  }

  private primary(): Expression {
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

  private postfix(start: Expression): Expression {
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

  private called(value: Expression): Expression {
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

  /** `| filter(…)`, `is test …`, and calls of what they give. */
  private filtered(start: Expression): Expression {
    let value = start;
    for (;;) {
      if (this.sees('|')) value = this.filters(value);
      else if (this.takes('is')) value = this.test(value);
      else if (this.sees('(')) value = this.called(value);
      else return value;
    }
  }

  filters(start: Expression): Expression {
    let value = start;
    while (this.takes('|')) value = this.filter(value);
    return value;
  }

  filter(value: Expression): Expression {
    const name = this.name();
    const read = this.sees('(') ? this.arguments() : undefined;
    return (scope) => {
      scope.budget.tick();
      const filter = FILTERS.get(name) ?? fail(`there is no filter ${JSON.stringify(name)}`);
      const { args, named } = read?.(scope) ?? { args: [], named: new Map() };
      return filter({ value: value(scope), args, named, budget: scope.budget });
    };
  }

  private test(value: Expression): Expression {
    const isNegated = this.takes('not');
    const name = this.name();
    const read = this.sees('(') ? this.arguments() : this.testOperand();
    return (scope) => {
      scope.budget.tick();
      const test = TESTS.get(name) ?? fail(`there is no test ${JSON.stringify(name)}`);
      return test(value(scope), read?.(scope).args ?? [], scope.budget) !== isNegated;
    };
  }

  /** `is divisibleby 3` */
  private testOperand(): Arguments | undefined {
    const token = this.tokens[this.at];
    const begins = token && (token.kind !== 'sign' || '[{'.includes(token.text));
    if (
      !begins ||
      (token.kind === 'name' &&
        ['else', 'or', 'and', 'if', 'is', 'in', 'not', 'recursive'].includes(token.text))
    )
      return undefined;
    const value = this.postfix(this.primary());
    return (scope) => ({ args: [value(scope)], named: new Map() });
  }
}

function functionOf(value: Value): Callable {
  if (value instanceof LoopState) return value.again;
  if (typeof value !== 'function') fail(`a value of type ${typeName(value)} cannot be called`);
  return value as Callable;
}

function negated(value: Expression, isNegative: boolean): Expression {
  return (scope) => {
    const number = value(scope);
    if (!isNumber(number)) fail(`a value of type ${typeName(number)} has no sign`);
    if (!isNegative) return number;
    return number instanceof Float ? new Float(-number.value) : -integerOf(number, 'a number') + 0;
  };
}
