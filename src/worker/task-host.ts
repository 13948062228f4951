import wasmUrl from 'onnxruntime-web/ort-wasm-simd-threaded.jspi.wasm?url';
import type { OpenCall } from '../channel/serve.ts';
import type { Engine } from '../engine/engine.ts';
import { finished } from '../engine/vectors/vectors.ts';
import type { EngineCalls } from '../protocol/engine-calls.ts';
import type { EmbedOutput, EmbedProgress } from '../protocol/embed.ts';
import { HearthError } from '../protocol/errors.ts';
import type { DownloadProgress, ModelInfo, ModelSummary } from '../protocol/models.ts';
import type { PlainTensor } from '../protocol/tasks.ts';
import type { BundleRecord } from '../storage/bundle-record.ts';
import { BundleStore } from '../storage/bundle-store.ts';
import { openOpfsDirectory } from '../storage/opfs-directory.ts';
import { systemTime } from '../storage/time.ts';
import { featureExtraction } from '../tasks/kinds/feature-extraction.ts';
import { openLibrary } from '../tasks/library.ts';
import type { Ort } from '../tasks/ort-sessions.ts';
import { Tasks } from '../tasks/tasks.ts';
import { POOLING, TaskFiles } from './task-files.ts';
import { taskMachine } from './task-machine.ts';
import { keptChoices } from './verdicts.ts';

/** Tasks in the engine worker: their models on disk, and what computes them. */
export class TaskHost {
  readonly tasks: Tasks;

  static async open(engine: Engine): Promise<TaskHost> {
    const store = await BundleStore.open({
      directory: await openOpfsDirectory('bundles'),
      time: systemTime,
      fetch: fetch.bind(globalThis),
      estimate: () => navigator.storage.estimate(),
      isOnline: () => navigator.onLine,
    });
    return new TaskHost(engine, store);
  }

  readonly #files: TaskFiles;

  private constructor(
    engine: Engine,
    private readonly store: BundleStore,
  ) {
    this.#files = new TaskFiles({
      store,
      fetch: fetch.bind(globalThis),
      wanted: (model, bundle, format) => this.tasks.filesFor(model, bundle, format),
    });
    this.tasks = new Tasks({
      machine: taskMachine(engine),
      async openLibrary(readFile) {
        const ort = (await import('onnxruntime-web/jspi')) as unknown as Ort;
        ort.env.wasm.wasmPaths = { wasm: new URL(wasmUrl, location.origin).href };
        return { ort, library: await openLibrary(ort, readFile) };
      },
      bundle: (id) => this.#files.bundle(id),
      choices: keptChoices(() => openOpfsDirectory('adapters'), navigator.userAgent),
    });
  }

  has(id: string): boolean {
    return this.store.get(id) !== undefined;
  }

  async openTask(
    { origin, ...model }: EngineCalls['openTask']['input'],
    call: OpenCall<EngineCalls['openTask']['part']>,
  ): Promise<EngineCalls['openTask']['output']> {
    const { signal } = call;
    const onProgress = latest((progress: DownloadProgress) => call.send({ kind: 'download', ...progress }));
    await this.#files.fetch(model, { signal, onProgress });
    const { backend } = await this.tasks.open({ ...model, origin }, signal);
    void call.send({ kind: 'load', model: model.model, backend }).catch(() => {});
    return { backend };
  }

  async runTask(input: EngineCalls['runTask']['input'], call: OpenCall<unknown>): Promise<unknown> {
    return this.tasks.run(input, (part) => void call.send(part).catch(() => {}), call.signal);
  }

  /** Vectors by a model of the hub or of a folder: those of its tokens, put together as it was trained to. */
  async embed(
    { model, inputs, dimensions, normalise, origin }: EngineCalls['embed']['input'] & { model: string },
    call: OpenCall<EmbedProgress>,
  ): Promise<EmbedOutput> {
    const texts = inputs.filter((input) => typeof input === 'string');
    if (texts.length < inputs.length)
      throw new HearthError('bad-input', `${model} takes texts, and no token ids.`);
    const pooling = (await this.#pooling(model)) ?? 'mean';
    const args = { inputs: texts, isList: true, rest: [], options: { pooling } };
    const task = { task: featureExtraction.name, model, dtype: undefined, device: undefined };
    const { dims, data } = (await this.tasks.run(
      { ...task, args, origin },
      () => {},
      call.signal,
    )) as PlainTensor;
    const width = dims[1]!;
    if (dimensions !== undefined && dimensions > width)
      throw new HearthError(
        'bad-input',
        `This model's vectors have ${width} values: \`dimensions\` must be up to that, not ${dimensions}.`,
      );
    void call.send({ doneTexts: texts.length, texts: texts.length }).catch(() => {});
    return {
      model,
      vectors: texts.map((_, i) =>
        finished((data as Float32Array).slice(i * width, (i + 1) * width), { dimensions, normalise }),
      ),
      usage: { promptTokens: this.tasks.tokens(model, texts) },
    };
  }

  /** What models of sentence-transformers say of themselves. */
  async #pooling(id: string): Promise<'mean' | 'cls' | undefined> {
    const file = await this.store.read(id, POOLING);
    const config = file && (JSON.parse(await file.text()) as { pooling_mode_cls_token?: unknown });
    return config?.pooling_mode_cls_token === true ? 'cls' : undefined;
  }

  async importFolder(
    { name, files }: EngineCalls['importFolder']['input'],
    call: OpenCall<DownloadProgress>,
  ): Promise<ModelInfo> {
    const onProgress = latest((progress: DownloadProgress) => call.send(progress));
    const id = await this.store.import(name, files, { signal: call.signal, onProgress });
    return infoOf(this.store.get(id)!);
  }

  async remove(id: string): Promise<void> {
    await this.tasks.unload(id);
    await this.store.remove(id);
  }

  /** As the user's own screens see them. */
  models(): ModelInfo[] {
    return this.store
      .list()
      .sort((a, b) => a.addedAt - b.addedAt)
      .map(infoOf);
  }

  /** As a page that may use them sees them. */
  summaries(ids: readonly string[]): ModelSummary[] {
    return ids.map((id) => ({
      id,
      name: id,
      // What it reads at once differs by task, and is cut there
      contextLength: 0,
      backend: this.tasks.backendOf(id) ?? 'wasm',
      chat: false,
      dimensions: undefined,
    }));
  }
}

function infoOf({ id, source, files, licence }: BundleRecord): ModelInfo {
  const sum = (all: typeof files) => all.reduce((bytes, { sizeBytes }) => bytes + sizeBytes, 0);
  const isWhole = files.every((file) => file.isWhole);
  return {
    id,
    name: id,
    source,
    state: isWhole ? 'ready' : 'paused',
    sizeBytes: sum(files),
    storedBytes: sum(files.filter((file) => file.isWhole)),
    ...(source === 'hub' && { url: `https://huggingface.co/${id}` }),
    licence,
    contextLength: undefined,
    makes: 'tasks',
    memoryBytes: undefined,
    problem: undefined,
    tried: false,
  };
}

/** A reader that is slow misses progress, nothing else. */
function latest<T>(send: (value: T) => Promise<void>): (value: T) => void {
  let isFree = true;
  return (value) => {
    if (!isFree) return;
    isFree = false;
    send(value).then(
      () => (isFree = true),
      // The caller has gone, which its signal tells as well
      () => {},
    );
  };
}
