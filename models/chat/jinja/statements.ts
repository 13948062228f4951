import { Expressions } from './expressions.ts';
import type { Part } from './lexer.ts';
import { loopOver } from './loop.ts';
import { macro, type Parameter } from './macro.ts';
import { collect, type Statement } from './output.ts';
import type { Expression, Scope } from './scope.ts';
import { spell } from './spell.ts';
import { fail, isTrue, iterate, Namespace, type Value } from './values.ts';

/** A name, an attribute of a namespace, or several of them to be unpacked into. */
type Target = (scope: Scope, value: Value) => void;

/** Reads a template's parts, and returns it as a statement. https://jinja.palletsprojects.com/en/stable/templates/ */
export class Statements {
  private at = 0;

  constructor(private readonly parts: readonly Part[]) {}

  template(): Statement {
    const body = this.until([]);
    if (this.at < this.parts.length) fail('a block ends that has not begun');
    return body;
  }

  /** All up to a block of one of these names, which is left to be read. */
  private until(ends: readonly string[]): Statement {
    const statements: Statement[] = [];
    for (; this.at < this.parts.length; ) {
      const part = this.parts[this.at]!;
      if (part.kind === 'block' && ends.includes(part.tokens[0]?.text ?? '')) break;
      this.at++;
      statements.push(this.statement(part));
    }
    return (scope, out) => {
      for (const statement of statements) {
        scope.budget.tick();
        const jump = statement(scope, out);
        if (jump) return jump;
      }
      return undefined;
    };
  }

  private statement(part: Part): Statement {
    if (part.kind === 'text') return (_, out) => out.write(part.text) as undefined;
    const tokens = new Expressions(part.tokens);
    if (part.kind === 'block') return this.block(tokens.name(), tokens);
    const value = tokens.tuple();
    tokens.end();
    return (scope, out) => out.write(spell(value(scope), scope.budget)) as undefined;
  }

  /** The body of a block and its end. */
  private body(name: string): Statement {
    const body = this.until([name]);
    this.opening([name]).end();
    return body;
  }

  /** The next block, which is one of these; what follows its name. */
  private opening(names: readonly string[]): Expressions & { word: string } {
    const part = this.parts[this.at++];
    if (part?.kind !== 'block') fail(`a block lacks its ${names.at(-1)}`);
    const tokens = new Expressions(part.tokens);
    return Object.assign(tokens, { word: tokens.name() });
  }

  private block(name: string, tokens: Expressions): Statement {
    switch (name) {
      case 'if':
        return this.if(tokens);
      case 'for':
        return this.for(tokens);
      case 'set':
        return this.set(tokens);
      case 'macro':
        return this.macro(tokens);
      case 'call':
        return this.call(tokens);
      case 'filter':
        return this.filter(tokens);
      case 'with':
        return this.with(tokens);
      case 'generation':
        tokens.end();
        return scoped(this.body('endgeneration'));
      case 'break':
      case 'continue':
        tokens.end();
        return () => name;
      default:
        fail(`there is no statement ${JSON.stringify(name)}`);
    }
  }

  private if(first: Expressions): Statement {
    const branches: [test: Expression, body: Statement][] = [];
    let tokens = first as Expressions & { word?: string };
    do {
      const test = tokens.tuple();
      tokens.end();
      branches.push([test, this.until(['elif', 'else', 'endif'])]);
      tokens = this.opening(['elif', 'else', 'endif']);
    } while (tokens.word === 'elif');
    const otherwise = tokens.word === 'else' ? this.body('endif') : undefined;
    return (scope, out) => {
      const branch = branches.find(([test]) => isTrue(test(scope)));
      return (branch ? branch[1] : otherwise)?.(scope, out);
    };
  }

  private for(tokens: Expressions): Statement {
    const target = this.target(tokens, ['in']);
    tokens.expect('in');
    const items = tokens.or();
    const test = tokens.takes('if') ? tokens.condition() : undefined;
    const isRecursive = tokens.takes('recursive');
    tokens.end();
    const body = this.until(['else', 'endfor']);
    const otherwise = this.opening(['else', 'endfor']).word === 'else' ? this.body('endfor') : undefined;
    return (scope, out) =>
      loopOver({ items: items(scope), target, test, isRecursive, body, otherwise, scope, out });
  }

  private target(tokens: Expressions, stop: readonly string[]): Target {
    const one = (): Target => {
      if (tokens.takes('(')) {
        const inner = this.target(tokens, [')']);
        tokens.expect(')');
        return inner;
      }
      const name = tokens.name();
      if (!tokens.takes('.')) return (scope, value) => scope.set(name, value);
      const field = tokens.name();
      return (scope, value) => {
        const namespace = scope.get(name);
        if (!(namespace instanceof Namespace))
          fail(`only a namespace's fields can be set, and ${name} is none`);
        namespace.fields.set(field, value);
      };
    };
    const targets = [one()];
    while (tokens.takes(',') && !tokens.sees(...stop)) targets.push(one());
    if (targets.length === 1) return targets[0]!;
    return (scope, value) => {
      const values = iterate(value);
      if (values.length !== targets.length)
        fail(`${values.length} values cannot be unpacked into ${targets.length} names`);
      for (const [i, target] of targets.entries()) target(scope, values[i]!);
    };
  }

  /** `{% set a, b = … %}`, or `{% set a | filter %}…{% endset %}`. */
  private set(tokens: Expressions): Statement {
    const target = this.target(tokens, ['=']);
    if (tokens.takes('=')) {
      const value = tokens.tuple();
      tokens.end();
      return (scope) => target(scope, value(scope)) as undefined;
    }
    let text = '';
    const filtered = tokens.filters(() => text);
    tokens.end();
    const body = this.body('endset');
    return (scope) => {
      const inner = collect(scope, (out) => body(scope.inner(), out));
      text = inner;
      target(scope, filtered(scope));
      return undefined;
    };
  }

  private parameters(tokens: Expressions): Parameter[] {
    const parameters: Parameter[] = [];
    tokens.expect('(');
    while (!tokens.takes(')')) {
      const name = tokens.name();
      parameters.push({ name, usual: tokens.takes('=') ? tokens.condition() : undefined });
      if (!tokens.sees(')')) tokens.expect(',');
    }
    return parameters;
  }

  private macro(tokens: Expressions): Statement {
    const name = tokens.name();
    const parameters = this.parameters(tokens);
    tokens.end();
    const body = this.body('endmacro');
    return (scope) => scope.set(name, macro({ name, parameters, body, scope })) as undefined;
  }

  private call(tokens: Expressions): Statement {
    const parameters = tokens.sees('(') ? this.parameters(tokens) : [];
    let caller: Value = null;
    const value = tokens.callWith('caller', () => caller);
    tokens.end();
    const body = this.body('endcall');
    return (scope, out) => {
      caller = macro({ name: 'caller', parameters, body, scope });
      out.write(spell(value(scope), scope.budget));
      return undefined;
    };
  }

  private filter(tokens: Expressions): Statement {
    let text = '';
    const filtered = tokens.filters(tokens.filter(() => text));
    tokens.end();
    const body = this.body('endfilter');
    return (scope, out) => {
      text = collect(scope, (inner) => body(scope.inner(), inner));
      out.write(spell(filtered(scope), scope.budget));
      return undefined;
    };
  }

  private with(tokens: Expressions): Statement {
    const values: [name: string, value: Expression][] = [];
    while (!tokens.isAtEnd) {
      const name = tokens.name();
      tokens.expect('=');
      values.push([name, tokens.condition()]);
      if (!tokens.isAtEnd) tokens.expect(',');
    }
    const body = this.body('endwith');
    return (scope, out) => {
      const inner = scope.inner();
      for (const [name, value] of values) inner.set(name, value(scope));
      return body(inner, out);
    };
  }
}

function scoped(body: Statement): Statement {
  return (scope, out) => body(scope.inner(), out);
}
