import { type ReadonlySignal, signal } from '@preact/signals';
import { toFailure } from '../src/protocol/errors.ts';
import type { DownloadProgress, ModelInfo } from '../src/protocol/models.ts';
import { groupParts } from '../src/protocol/part-names.ts';
import { sentenceOf } from '../src/ui/caller.ts';
import type { Session } from '../src/ui/session.ts';
import type { DroppedFolder } from './dropped-folder.ts';

/** A model on its way to this disk. Added files and addresses have no model id before their first bytes are read. */
export interface Transfer {
  key: string;
  label: string;
  progress: DownloadProgress | undefined;
}

interface TransferOptions {
  signal: AbortSignal;
  onPart: (progress: DownloadProgress) => void;
}

/** The list of models, and what the user does to it. `errors` bears model ids, or the keys of additions. */
export interface ModelsStore {
  models: ReadonlySignal<readonly ModelInfo[] | undefined>;
  transfers: ReadonlySignal<readonly Transfer[]>;
  errors: ReadonlySignal<ReadonlyMap<string, string>>;
  refresh: () => Promise<void>;
  /** Begins, or goes on where it was paused, wherever the model comes from. */
  download: (model: ModelInfo) => Promise<void>;
  addUrl: (url: string, sha256: string | undefined, isGated?: boolean) => Promise<void>;
  /** Each is a model, or one of the files of a model in several. */
  addFiles: (files: Iterable<File>) => Promise<void>;
  /** A model in several files: ONNX, configurations, a tokenizer. */
  addFolder: (folder: DroppedFolder) => Promise<void>;
  /** What has come so far is kept. `key` is a transfer's key or its model's id. */
  pause: (key: string) => void;
  remove: (model: ModelInfo) => Promise<void>;
  /** A LoRA adapter beside a model in memory, under its file's name. */
  addAdapter: (model: ModelInfo, file: File) => Promise<void>;
  removeAdapter: (model: ModelInfo, adapter: string) => Promise<void>;
  /** A pinned model never goes to make room. */
  pin: (model: ModelInfo, isPinned: boolean) => Promise<void>;
  /** Writes the model's file where the user wants it. True if all of it is there. */
  saveCopy: (model: ModelInfo, into: WritableStream<Uint8Array>) => Promise<boolean>;
  dismissError: (key: string) => void;
}

/** Errors of the list as a whole. */
export const LIST = 'list';

export function openModels({ engine }: Pick<Session, 'engine'>): ModelsStore {
  const models = signal<readonly ModelInfo[]>();
  const transfers = signal<readonly Transfer[]>([]);
  const errors = signal<ReadonlyMap<string, string>>(new Map());
  const pauses = new Map<string, AbortController>();

  function setError(key: string, sentence: string | undefined): void {
    const next = new Map(errors.value);
    if (sentence) next.set(key, sentence);
    else next.delete(key);
    errors.value = next;
  }

  async function attempt(key: string, work: () => Promise<unknown>): Promise<void> {
    setError(key, undefined);
    try {
      await work();
    } catch (error) {
      // Pausing is a cancelled call, and no error
      if (toFailure(error).code !== 'cancelled') setError(key, sentenceOf(error));
    }
  }

  const refresh = () =>
    attempt(LIST, async () => {
      models.value = await engine('models', undefined);
      // What another tab began, or this one before it was closed, is shown and can be paused here too
      for (const model of models.value) if (model.state === 'downloading') void download(model);
    });

  const download = (model: ModelInfo) => {
    const mine = transfers.value.some(
      ({ key, progress }) => key === model.id || progress?.model === model.id,
    );
    if (mine) return Promise.resolve();
    return transfer({ key: model.id, label: model.name }, (options) =>
      engine('download', { kind: 'catalog', model: model.id }, options),
    );
  };

  async function transfer(
    { key, label }: { key: string; label: string },
    start: (options: TransferOptions) => Promise<ModelInfo>,
  ): Promise<void> {
    if (pauses.has(key)) return;
    const pause = new AbortController();
    pauses.set(key, pause);
    transfers.value = [...transfers.value, { key, label, progress: undefined }];

    const onPart = (progress: DownloadProgress) => {
      transfers.value = transfers.value.map((other) => (other.key === key ? { ...other, progress } : other));
      const isListed = models.value?.some((model) => model.id === progress.model);
      if (!isListed) void refresh();
    };
    await attempt(key, () => start({ signal: pause.signal, onPart }));
    await refresh();
    const model = transfers.value.find((other) => other.key === key)?.progress?.model;
    transfers.value = transfers.value.filter((other) => other.key !== key);
    pauses.delete(key);

    // An addition that got as far as a model of the list shows its error there
    const error = errors.value.get(key);
    if (error && model && model !== key && models.value?.some(({ id }) => id === model)) {
      setError(key, undefined);
      setError(model, error);
    }
  }

  async function addModel({ files, missing }: { files: File[]; missing: string[] }): Promise<void> {
    const [first] = files as [File, ...File[]];
    const { name } = first;
    if (missing.length > 0) {
      const others = missing.length > 1 ? ` and ${missing.length - 1} more` : '';
      setError(
        name,
        `This model comes in ${files.length + missing.length} files, and ${missing[0]}${others} is missing. Drop all of them together.`,
      );
      return;
    }
    const parts = files.length > 1 && { partSizes: files.map(({ size }) => size) };
    // Nothing is read here: a blob of blobs knows where its bytes lie
    const file = files.length > 1 ? new Blob(files) : first;
    await transfer({ key: name, label: name }, (options) =>
      engine('importFile', { file, name, ...parts }, options),
    );
  }

  return {
    models,
    transfers,
    errors,
    refresh,
    download,
    addUrl: (url, sha256, isGated) =>
      transfer({ key: url, label: fileNameOf(url) }, (options) =>
        engine('download', { kind: 'url', url, sha256, ...(isGated !== undefined && { isGated }) }, options),
      ),
    addFiles: async (files) => {
      await Promise.all(groupParts(files).map(addModel));
    },
    addFolder: ({ name, files }) =>
      transfer({ key: name, label: name }, (options) => engine('importFolder', { name, files }, options)),
    pause: (key) => {
      const transfer = transfers.value.find((other) => other.key === key || other.progress?.model === key);
      if (transfer) pauses.get(transfer.key)?.abort();
    },
    remove: async (model) => {
      await attempt(model.id, () => engine('remove', { model: model.id }));
      await refresh();
    },
    addAdapter: (model, file) =>
      attempt(model.id, () => engine('loadAdapter', { model: model.id, adapter: file.name, file, scale: 1 })),
    removeAdapter: (model, adapter) =>
      attempt(model.id, () => engine('removeAdapter', { model: model.id, adapter })),
    pin: async (model, isPinned) => {
      await attempt(model.id, () => engine('pin', { model: model.id, isPinned }));
      await refresh();
    },
    saveCopy: async (model, into) => {
      let isWhole = false;
      await attempt(model.id, async () => {
        const file = await engine('modelFile', { model: model.id });
        await file.stream().pipeTo(into);
        isWhole = true;
      });
      return isWhole;
    },
    dismissError: (key) => setError(key, undefined),
  };
}

function fileNameOf(url: string): string {
  const { pathname, hostname } = new URL(url);
  return pathname.split('/').at(-1) || hostname;
}
