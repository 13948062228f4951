import './as-worker.ts';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as ort from 'onnxruntime-web/wasm';
import type { Bundle } from '../../src/tasks/bundle.ts';
import { openLibrary } from '../../src/tasks/library.ts';
import type { Ort } from '../../src/tasks/ort-sessions.ts';
import { taskNamed } from '../../src/tasks/table.ts';
import { Tasks } from '../../src/tasks/tasks.ts';
import { filesOf } from '../golden/tasks/fixtures.ts';
import { TaskMachine } from './task-machine.ts';

const WASM = createRequire(import.meta.url).resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm');

ort.env.wasm.wasmBinary = new Uint8Array(readFileSync(WASM)).buffer;

/** A tiny model's folder as a bundle. */
function bundleOf(id: string, files: Record<string, Uint8Array<ArrayBuffer>>): Bundle {
  return {
    id,
    paths: Object.keys(files),
    read: async (path) => (Object.hasOwn(files, path) ? new Blob([files[path]!]) : undefined),
  };
}

/** Bundles of the folder of tiny models, on WebAssembly in Node. One for each file of tests: the library has one state. */
export function nodeTasks(
  machine = new TaskMachine(),
  more: Record<string, Record<string, Uint8Array<ArrayBuffer>>> = {},
  bundle = async (id: string): Promise<Bundle> => bundleOf(id, more[id] ?? filesOf(id)),
) {
  const tasks = new Tasks({
    machine,
    openLibrary: async (readFile) => ({
      library: await openLibrary(ort as unknown as Ort, readFile),
      ort: ort as unknown as Ort,
    }),
    bundle,
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
