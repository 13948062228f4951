import type { PageCalls } from '../protocol/page-calls.ts';
import type { TaskProgress } from '../protocol/tasks.ts';
import { engine } from './engine.ts';

interface PipelineOptions {
  progress_callback?(progress: TaskProgress): void;
  signal?: AbortSignal;
}

/** What acts on this side, and cannot be sent. */
interface RunOptions {
  signal?: AbortSignal;
  callback_function?(part: unknown): void;
}

/** As Transformers.js's `pipeline`: what it resolves to is called with inputs and options. */
export async function pipeline(task: string, model?: string | null, options: PipelineOptions = {}) {
  const { progress_callback: onPart = () => {}, signal, ...more } = options;
  const wish = { ...more, task, model };
  const ready = await (await engine()).call('pipeline', wish, { signal, onPart });
  const run = async (input: unknown, ...args: unknown[]) => {
    const last = args.at(-1);
    const own = (isOptions(last) ? last : {}) as RunOptions;
    const { signal, callback_function: onPart, ...rest } = own;
    const first = Array.isArray(input)
      ? await Promise.all(input.map((one) => sendable(task, one)))
      : await sendable(task, input);
    const sent = last === own ? [first, ...args.slice(0, -1), rest] : [first, ...args];
    return tensor(await (await engine()).call('runPipeline', { ...wish, args: sent }, { signal, onPart }));
  };
  // The model is shared by all pages: it is put out of memory when something else needs the room
  return Object.assign(run, ready satisfies PageCalls['pipeline']['output'], { dispose: async () => {} });
}

function isOptions(value: unknown): value is object {
  return Object.prototype.toString.call(value) === '[object Object]' && !Array.isArray(value);
}

/** Images and audio by their address are the page's to fetch; elements are drawn; what cannot be sent is taken apart. */
async function sendable(task: string, input: unknown): Promise<unknown> {
  if (input instanceof AudioBuffer) {
    const { numberOfChannels: length, sampleRate } = input;
    return { sampleRate, channels: Array.from({ length }, (_, i) => input.getChannelData(i)) };
  }
  if (input instanceof Element) return createImageBitmap(input as HTMLImageElement);
  const isAddress =
    input instanceof URL ||
    (typeof input === 'string' && /image|depth|object|background|recognition|voice|^audio/.test(task));
  if (!isAddress || /^data:/.test(String(input))) return input;
  return (await fetch(input as string)).blob();
}

/** Tensors come with the one method of Transformers.js's that authors call. */
function tensor(value: unknown): unknown {
  const { dims, data } = (value ?? {}) as { dims?: number[]; data?: ArrayLike<unknown> };
  if (!dims || !data) return value;
  const tolist = () =>
    dims
      .slice(1)
      .reduceRight<unknown[]>(
        (rows, size) =>
          Array.from({ length: rows.length / size }, (_, i) => rows.slice(i * size, (i + 1) * size)),
        Array.from(data),
      );
  return Object.assign(value as object, { tolist });
}
