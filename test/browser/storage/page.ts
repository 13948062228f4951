/** Hands the test's calls on to the worker, where the file handles live. */
declare global {
  var askStorage: (name: string, ...args: unknown[]) => Promise<unknown>;
}

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
const waiting = new Map<number, (answer: Answer) => void>();
let last = 0;

worker.onmessage = ({ data }: MessageEvent<Answer & { id: number }>) => {
  waiting.get(data.id)?.(data);
  waiting.delete(data.id);
};

globalThis.askStorage = (name, ...args) =>
  new Promise((resolve) => {
    const id = ++last;
    waiting.set(id, resolve);
    worker.postMessage({ id, name, args });
  });

export type Answer = { value: unknown } | { name: string; code: string | undefined; message: string };
