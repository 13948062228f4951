import { exactImages } from './images/exact-images.ts';
import { type Ort, ortSessions } from './ort-sessions.ts';

export type Library = typeof import('@huggingface/transformers');

/** A bundle's file, undefined if it has none of that path. */
export type ReadFile = (bundle: string, path: string) => Promise<Blob | undefined>;

/** Nobody's: the library asks for a file by an address, and every address leads to `ReadFile`. */
const HOST = 'https://bundle.invalid/';

/**
 * Transformers.js on ONNX Runtime, with the network taken away: it reads bundles' files and nothing else. Both are
 * modules with one state for the worker, so this is called once.
 */
export async function openLibrary(ort: Ort, readFile: ReadFile): Promise<Library> {
  // Where the library finds none it sets an address of its own, of a server
  ort.env.wasm.wasmPaths ??= {};
  ort.env.wasm.numThreads = 1;
  // Whoever wants it on another runtime than its own puts that there before it is loaded
  Object.assign(globalThis, { [Symbol.for('onnxruntime')]: ortSessions(ort) });
  const library = await import('@huggingface/transformers');
  const { env, LogLevel } = library;
  env.allowLocalModels = false;
  env.useFS = false;
  env.useFSCache = false;
  env.useBrowserCache = false;
  env.useWasmCache = false;
  env.remoteHost = HOST;
  env.remotePathTemplate = '{model}/';
  // It would write to the console what pages passed
  env.logLevel = LogLevel.NONE;
  env.fetch = async (address) => {
    const [bundle, ...path] = String(address).slice(HOST.length).split('/').map(decodeURIComponent);
    const file = String(address).startsWith(HOST) ? await readFile(bundle!, path.join('/')) : undefined;
    if (!file) return new Response(null, { status: 404 });
    return new Response(file, { headers: { 'content-length': String(file.size) } });
  };
  exactImages(library.RawImage);
  return library;
}
