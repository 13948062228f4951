// Transformers.js finds out where it is when it is loaded: in these tests it is to see the worker that the product has,
// and nothing of Node. Imported before anything that loads it.

class DedicatedWorkerGlobalScope {}

const scope = Object.assign(new DedicatedWorkerGlobalScope(), { fetch: undefined });
Object.defineProperty(globalThis, 'self', { value: scope, configurable: true });
Object.defineProperty(process, 'release', { value: { name: 'hidden' } });

export {};
