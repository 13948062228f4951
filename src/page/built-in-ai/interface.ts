// Classes as interfaces of the platform: https://webidl.spec.whatwg.org/#es-interfaces

/** Who has it may call the constructors that authors may not. */
export const key = Symbol('made by Hearth');

export function checkKey(given: unknown): void {
  if (given !== key) throw new TypeError('Illegal constructor');
}

type Class = abstract new (...args: never[]) => object;

/** Gives the class its name on the window, and its members the properties that WebIDL asks for. */
export function expose(name: string, made: Class): void {
  showMembers(made, ['length', 'name', 'prototype']);
  showMembers(made.prototype, ['constructor']);
  // A minifier may have renamed it
  Object.defineProperty(made, 'name', { value: name, configurable: true });
  Object.defineProperty(made.prototype, Symbol.toStringTag, { value: name, configurable: true });
  Object.defineProperty(window, name, { value: made, writable: true, configurable: true });
}

function showMembers(holder: object, hidden: string[]): void {
  for (const member of Object.getOwnPropertyNames(holder))
    if (!hidden.includes(member)) Object.defineProperty(holder, member, { enumerable: true });
}

/** Methods that refuse to be called with fewer arguments than `count`, as their `length` says. */
export function requireArguments(holder: object, count: number, names: readonly string[]): void {
  for (const name of names) {
    const method = Reflect.get(holder, name) as (...given: unknown[]) => unknown;
    const checked = {
      [name](...given: unknown[]) {
        if (given.length >= count) return method.apply(this, given);
        const error = new TypeError(`${count} argument required, but only ${given.length} present.`);
        // Those that give a promise do not throw
        if (name.endsWith('Streaming')) throw error;
        return Promise.reject(error);
      },
    }[name]!;
    Object.defineProperty(checked, 'length', { value: count, configurable: true });
    Object.defineProperty(holder, name, { value: checked, writable: true, configurable: true });
  }
}

/** An attribute that can be read. */
export function defineGetter(made: Class, name: string, get: (self: object) => unknown): void {
  const holder = {
    get [name](): unknown {
      return get(this);
    },
  };
  Object.defineProperty(made.prototype, name, {
    ...Object.getOwnPropertyDescriptor(holder, name),
    configurable: true,
  });
}

/** An event handler attribute such as `onabort`. */
export function defineHandler(made: Class, type: string): void {
  const handlers = new WeakMap<object, { current: ((event: Event) => unknown) | null }>();
  const name = `on${type}`;
  const holder = {
    get [name](): unknown {
      checkEventTarget(this, made);
      return handlers.get(this)?.current ?? null;
    },
    set [name](value: unknown) {
      checkEventTarget(this, made);
      const current = typeof value === 'function' ? (value as (event: Event) => unknown) : null;
      const known = handlers.get(this);
      if (known) known.current = current;
      else {
        const handler = { current };
        handlers.set(this, handler);
        this.addEventListener(type, (event) => handler.current?.call(this, event));
      }
    },
  };
  Object.defineProperty(made.prototype, name, {
    ...Object.getOwnPropertyDescriptor(holder, name),
    configurable: true,
  });
}

function checkEventTarget(self: unknown, made: Class): asserts self is EventTarget {
  if (!(self instanceof made)) throw new TypeError('Illegal invocation');
}
