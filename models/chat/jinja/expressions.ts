import { FILTERS } from './filters.ts';
import { type Arguments, Operands } from './operands.ts';
import { COMPARISONS, OPERATORS } from './operators.ts';
import type { Expression } from './scope.ts';
import { spell } from './spell.ts';
import { TESTS } from './tests.ts';
import { join } from './text-methods.ts';
import { Float, fail, integerOf, isNumber, isTrue, Tuple, typeName, Undefined } from './values.ts';

/**
 * Reads expressions by recursive descent, from the weakest binding to the strongest, and returns each as a function of
 * the names in scope. https://jinja.palletsprojects.com/en/stable/templates/#expressions
 */
export class Expressions extends Operands {
  /** Items with commas between them are a tuple, of which the parentheses may be missing. */
  override tuple(stop: readonly string[] = []): Expression {
    const first = this.condition();
    if (!this.sees(',')) return first;
    const items = [first];
    while (this.takes(',') && !this.isAtEnd && !this.sees(...stop, ')', '=')) items.push(this.condition());
    return (scope) => new Tuple(items.map((item) => item(scope)));
  }

  override condition(): Expression {
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

function negated(value: Expression, isNegative: boolean): Expression {
  return (scope) => {
    const number = value(scope);
    if (!isNumber(number)) fail(`a value of type ${typeName(number)} has no sign`);
    if (!isNegative) return number;
    return number instanceof Float ? new Float(-number.value) : -integerOf(number, 'a number') + 0;
  };
}
