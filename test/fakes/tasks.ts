import './as-worker.ts';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import * as ort from 'onnxruntime-web/wasm';
import type { Bundle } from '../../src/tasks/bundle.ts';
import { openLibrary } from '../../src/tasks/library.ts';
import type { Ort } from '../../src/tasks/ort-sessions.ts';
import { taskNamed } from '../../src/tasks/table.ts';
import { Tasks } from '../../src/tasks/tasks.ts';
import { TaskMachine } from './task-machine.ts';

const FIXTURES = join(import.meta.dirname, '../golden/tasks');
const WASM = createRequire(import.meta.url).resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm');

ort.env.wasm.wasmBinary = new Uint8Array(readFileSync(WASM)).buffer;

/** A folder of files as a bundle. */
export function folderBundle(folder: string, id: string): Bundle {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  return {
    id,
    paths,
    read: async (path) => (paths.includes(path) ? new Blob([readFileSync(join(folder, path))]) : undefined),
  };
}

/** Bundles of the folder of tiny models, on WebAssembly in Node. One for each file of tests: the library has one state. */
export function nodeTasks(machine = new TaskMachine(), more: Record<string, Bundle> = {}) {
  const tasks = new Tasks({
    machine,
    openLibrary: async (readFile) => ({
      library: await openLibrary(ort as unknown as Ort, readFile),
      ort: ort as unknown as Ort,
    }),
    bundle: async (id) => more[id] ?? folderBundle(join(FIXTURES, id), id),
    choices: { get: async () => undefined, set: async () => {} },
  });
  /** As a page calls a pipeline. */
  const call = (task: string, model: string, ...args: unknown[]) =>
    tasks.run(
      {
        task: taskNamed(task).name,
        model,
        dtype: undefined,
        device: undefined,
        origin: 'https://a.example',
        args: taskNamed(task).parse(args),
      },
      () => {},
      new AbortController().signal,
    );
  return { tasks, call, machine };
}

/** What transformers made of the same. */
export function expectedOf(model: string): Record<string, never> {
  return JSON.parse(readFileSync(join(FIXTURES, model, 'expected.json'), 'utf8'));
}

/** The image that a fixture was asked about. */
export function imageOf({ width, height, rgb }: { width: number; height: number; rgb: string }) {
  return { width, height, channels: 3, data: new Uint8Array(Buffer.from(rgb, 'base64')) };
}
