import { HearthError } from '../protocol/errors.ts';
import { MAX_BUNDLE_JSON_BYTES } from '../protocol/limits.ts';
import type { DownloadProgress } from '../protocol/models.ts';
import type { Dtype, TaskModel } from '../protocol/tasks.ts';
import type { BundleStore } from '../storage/bundle-store.ts';
import { type HubFile, readHubRepo } from '../storage/hub-repo.ts';
import type { Bundle } from '../tasks/bundle.ts';
import { taskNamed } from '../tasks/table.ts';
import { formatsOf, PREFERRED } from '../tasks/number-formats.ts';

interface Arriving {
  signal: AbortSignal;
  onProgress(progress: DownloadProgress): void;
}

/** What the library reads besides weights, where a model has it. */
const SMALL =
  /^(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|preprocessor_config|processor_config|1_Pooling\/config)\.json$/;

/** How models of sentence-transformers make one vector of a text's tokens. */
export const POOLING = '1_Pooling/config.json';

export interface TaskFilesOptions {
  store: BundleStore;
  fetch: typeof fetch;
  /** Paths of the files that a task reads of a bundle whose small files are there. */
  wanted(model: TaskModel, bundle: Bundle, format: Dtype): Promise<string[]>;
}

/** Sees to it that a task's files are on this disk. */
export class TaskFiles {
  constructor(private readonly options: TaskFilesOptions) {}

  /** Fails with `not-found`. */
  async bundle(id: string): Promise<Bundle> {
    const { store } = this.options;
    if (!store.get(id))
      throw new HearthError(
        'not-found',
        `The model ${id} is not on this machine. hearth.pipeline() downloads it.`,
      );
    await store.used(id);
    return { id, paths: this.#whole(id), read: (path) => store.read(id, path) };
  }

  /** Downloads what is missing of a model of the hub. Of a dropped folder, what is there is all there is. */
  async fetch(model: TaskModel, arriving: Arriving): Promise<void> {
    const { store, fetch } = this.options;
    if (store.get(model.model)?.source === 'folder' || (await this.#isWhole(model))) return;
    const repo = await readHubRepo(model.model, fetch, arriving.signal);
    const small = repo.files.filter(
      ({ path, sizeBytes }) => SMALL.test(path) && sizeBytes <= MAX_BUNDLE_JSON_BYTES,
    );
    await store.download(repo, small, { ...arriving, onProgress() {} });
    await store.download(repo, await this.#weights(model, repo.files), arriving);
  }

  async #isWhole(model: TaskModel): Promise<boolean> {
    const whole = this.#whole(model.model);
    const [format] = model.dtype ? [model.dtype] : formatsOf(whole);
    const needsConfig = taskNamed(model.task).filesOf !== null;
    if (!format || (needsConfig && !whole.includes('config.json'))) return false;
    const wanted = await this.options.wanted(model, await this.bundle(model.model), format);
    return wanted.filter(isWeights).every((path) => whole.includes(path));
  }

  /** Files of weights in the wanted number format, or in the first that all of them are there in. */
  async #weights(model: TaskModel, files: HubFile[]): Promise<HubFile[]> {
    const there = new Map(files.map((file) => [file.path, file]));
    const bundle = { ...(await this.bundle(model.model)), paths: [...there.keys()] };
    for (const format of model.dtype ? [model.dtype] : PREFERRED) {
      const wanted = (await this.options.wanted(model, bundle, format)).filter(isWeights);
      const found = wanted.map((path) => there.get(path));
      if (found.length > 0 && !found.includes(undefined)) return found as HubFile[];
    }
    throw new HearthError(
      'unsupported-model',
      `${model.model} has no ONNX files for ${model.task}${model.dtype ? ` in ${model.dtype}` : ''}. Choose a model that was made for Transformers.js.`,
    );
  }

  #whole(id: string): string[] {
    const files = this.options.store.get(id)?.files ?? [];
    return files.filter(({ isWhole }) => isWhole).map(({ path }) => path);
  }
}

const isWeights = (path: string) => /\.onnx(_data(_\d+)?)?$/.test(path);
