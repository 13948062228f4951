// What templates compute with: Python's values, as far as Jinja shows them.

/** A Python `float`; an `int` is a number. */
export class Float {
  constructor(readonly value: number) {}
}

export class Tuple {
  constructor(readonly items: readonly Value[]) {}
}

/** What was not there: nothing can be done with it but to ask, print, count or loop over it. */
export class Undefined {
  constructor(readonly name: string) {}
}

/** A generator: true whatever comes of it, gone through once. */
export class Lazy {
  constructor(private items: readonly Value[]) {}

  take(): readonly Value[] {
    const { items } = this;
    this.items = [];
    return items;
  }
}

/** A text of the filter `safe`: other texts that are joined to it are escaped as HTML, in templates of chats too. */
export class Safe {
  constructor(readonly text: string) {}
}

/** `loop` within a loop: fields, and a call where the loop is recursive. */
export class LoopState {
  constructor(
    readonly fields: ReadonlyMap<Value, Value>,
    readonly again: Callable,
  ) {}
}

/** What alone may be changed from within a loop. */
export class Namespace {
  constructor(readonly fields: Map<Value, Value>) {}
}

export type Dict = Map<Value, Value>;
export type Named = ReadonlyMap<string, Value>;
export type Callable = (args: readonly Value[], named: Named) => Value;
export type Value =
  | null
  | boolean
  | number
  | string
  | Float
  | Tuple
  | Undefined
  | Lazy
  | Namespace
  | LoopState
  | Safe
  | Value[]
  | Dict
  | Callable;

/** A template that does what Python would not. */
export class TemplateError extends Error {}

export function isNumber(value: Value): value is number | Float | boolean {
  return typeof value === 'number' || typeof value === 'boolean' || value instanceof Float;
}

export function numberOf(value: number | Float | boolean): number {
  return value instanceof Float ? value.value : Number(value);
}

export function isTrue(value: Value): boolean {
  if (value === null || value instanceof Undefined) return false;
  if (isNumber(value)) return numberOf(value) !== 0;
  if (typeof value === 'string' || Array.isArray(value)) return value.length > 0;
  if (value instanceof Safe) return value.text !== '';
  if (value instanceof Tuple) return value.items.length > 0;
  return value instanceof Map ? value.size > 0 : true;
}

export function typeName(value: Value): string {
  if (value === null) return 'None';
  if (value instanceof Undefined) return 'undefined';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return 'int';
  if (typeof value === 'string' || value instanceof Safe) return 'str';
  if (typeof value === 'function') return 'function';
  if (value instanceof Float) return 'float';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Map) return 'dict';
  if (value instanceof Tuple) return 'tuple';
  if (value instanceof Lazy) return 'generator';
  return value instanceof Namespace ? 'namespace' : 'loop';
}

/** Python's characters are code points. */
export function characters(text: string): readonly string[] {
  return /[\ud800-\udbff]/.test(text) ? Array.from(text) : text.split('');
}

/** What a loop over the value goes through, or undefined where there is nothing to go through. */
export function elements(value: Value): readonly Value[] | undefined {
  if (value instanceof Undefined) return [];
  if (Array.isArray(value)) return value;
  if (value instanceof Tuple) return value.items;
  if (value instanceof Lazy) return value.take();
  if (value instanceof Map) return [...value.keys()];
  return typeof value === 'string' ? characters(value) : undefined;
}

export function iterate(value: Value): readonly Value[] {
  return elements(value) ?? fail(`a value of type ${typeName(value)} cannot be looped over`);
}

/** Filters that choose take what is false for nothing. */
export function iterateTrue(value: Value): readonly Value[] {
  return isTrue(value) ? iterate(value) : [];
}

export function lengthOf(value: Value): number {
  if (value instanceof Map) return value.size;
  if (value instanceof Lazy) fail('a generator has no length');
  return (elements(value) ?? fail(`a value of type ${typeName(value)} has no length`)).length;
}

export function textOf(value: Value, what: string): string {
  if (value instanceof Safe) return value.text;
  return typeof value === 'string' ? value : fail(`${what} must be a text, not ${typeName(value)}`);
}

export function integerOf(value: Value, what: string): number {
  if (typeof value === 'number' || typeof value === 'boolean') return Number(value);
  fail(`${what} must be a whole number, not ${typeName(value)}`);
}

/** `value`, or what there is instead where it is absent: None, which is null, is present. */
export function orElse(value: Value | undefined, other: () => Value): Value {
  return value === undefined ? other() : value;
}

export function fail(message: string): never {
  throw new TemplateError(message);
}

/** What JSON can hold, and functions, as a template's values. */
export function toValue(value: unknown): Value {
  if (value === undefined) return new Undefined('a value');
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isInteger(value) ? value : new Float(value);
  if (typeof value === 'function') return value as Callable;
  if (Array.isArray(value)) return value.map(toValue);
  if (typeof value === 'object')
    return new Map(
      Object.entries(value)
        .filter(([, part]) => part !== undefined)
        .map(([key, part]) => [key, toValue(part)]),
    );
  fail(`templates have no values of type ${typeof value}`);
}
