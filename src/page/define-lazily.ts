/**
 * Defines `window[name]`, made when it is first read. Whatever the browser or the page calls by that name goes
 * first: a property that is there, one that the page defines later, an element with that id or frame of that name.
 */
export function defineLazily(name: string, make: () => unknown): void {
  if (name in window) return;
  let made: unknown;

  Object.defineProperty(window, name, {
    configurable: true,
    enumerable: false,
    get() {
      // Named elements are properties of an object further up the chain, which ours would hide
      const named: unknown = Reflect.get(Object.getPrototypeOf(Window.prototype), name, window);
      return named ?? (made ??= make());
    },
    set(value) {
      Object.defineProperty(window, name, { value, configurable: true, enumerable: true, writable: true });
    },
  });
}
