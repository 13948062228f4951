import { partOf } from '../protocol/part-names.ts';
import { HearthError } from '../protocol/errors.ts';
import type { EngineCalls } from '../protocol/engine-calls.ts';
import type { CatalogEntry, DownloadProgress, ModelInfo } from '../protocol/models.ts';
import type { DownloadRequest } from './download-model.ts';
import type { FileIdentity } from './import-model.ts';
import { modelIdOfUrl, modelNameOf, parseModelId, parseModelUrl } from './model-id.ts';
import { fetchSource, type ModelSource } from './model-source.ts';
import { partUrls } from './part-urls.ts';
import type { Following, ModelStore, StoredModel } from './model-store.ts';

/** A model that ships with the extension. */
export interface BundledModel
  extends Pick<
    ModelInfo,
    'id' | 'name' | 'about' | 'sizeBytes' | 'licence' | 'contextLength' | 'makes' | 'memoryBytes'
  > {
  /** In the package. */
  url: string;
}

export interface LibraryOptions {
  bundled: BundledModel;
  catalog: CatalogEntry[];
  store: ModelStore;
  /** Why a model will not run as things are, if it will not: say, for the user's memory cap. */
  problem(model: Pick<ModelInfo, 'name' | 'memoryBytes'>): string | undefined;
}

/** The part of a served call that the library uses. */
export interface ProgressCall {
  signal: AbortSignal;
  send(progress: DownloadProgress): Promise<void>;
}

/** Every model that a user can have: the bundled one, the catalogue's, and those from files and addresses. */
export class ModelLibrary {
  readonly #bundled: BundledModel;
  readonly #catalog: Map<string, CatalogEntry>;
  readonly #store: ModelStore;
  readonly #problem: LibraryOptions['problem'];
  #bundledHash: Promise<string> | undefined;

  constructor({ bundled, catalog, store, problem }: LibraryOptions) {
    this.#bundled = bundled;
    this.#catalog = new Map(catalog.map((entry) => [entry.id, entry]));
    this.#store = store;
    this.#problem = problem;
  }

  /** The bundled model, then the catalogue in its order, then what the user added, the newest last. */
  models(): ModelInfo[] {
    const added = this.#store
      .list()
      .filter(({ id }) => !this.#catalog.has(id))
      .sort((a, b) => a.addedAt - b.addedAt);
    return [
      this.#bundledInfo(),
      ...[...this.#catalog.values()].map((entry) => this.#catalogInfo(entry)),
      ...added.map((model) => this.#addedInfo(model)),
    ];
  }

  /** Fails with `not-found`. */
  info(id: string): ModelInfo {
    const info = this.models().find((model) => model.id === id);
    if (!info)
      throw new HearthError('not-found', `There is no model ${id}. Choose one from the list of models.`);
    return info;
  }

  /** The bytes of a model that is ready. Whoever opens it closes it. */
  async open(id: string): Promise<ModelSource> {
    if (id === this.#bundled.id) return fetchSource(this.#bundled.url);
    this.info(id);
    return this.#store.open(id);
  }

  /**
   * The models that are ready and whose file's SHA-256 is known, in hex; and where anybody may have them from. Rooms are told
   * that address: of models for which a token was shown, or whose address may hold a secret itself, it stays here.
   */
  async own(): Promise<{ id: string; sha256: string; url: string }[]> {
    this.#bundledHash ??= hashOf(await fetchSource(this.#bundled.url));
    const stored = this.#store
      .list()
      .flatMap(({ id, state, sha256, url = '', isGated }) =>
        state === 'ready' && sha256 ? [{ id, sha256, url: isGated || hasSecret(url) ? '' : url }] : [],
      );
    return [...stored, { id: this.#bundled.id, sha256: await this.#bundledHash, url: '' }];
  }

  /** The file of a model that is ready and that anybody could have downloaded: never one that the user dropped, or had to ask for. */
  async publicFile(sha256: string): Promise<Blob | undefined> {
    const isPublic = (id: string) => {
      const stored = this.#store.get(id);
      return stored?.source !== 'file' && !stored?.isGated;
    };
    const found = (await this.own()).find((model) => model.sha256 === sha256 && isPublic(model.id));
    return found && this.file(found.id);
  }

  /** The whole file of a model that is ready, readable until it is removed. */
  async file(id: string): Promise<Blob> {
    const source = await this.open(id);
    try {
      const blob = (await source.blob?.()) ?? new Blob([await source.read(0, source.size)]);
      // A slice has neither the name nor the date of the file
      return blob.slice(0, blob.size);
    } finally {
      source.close();
    }
  }

  /** What the disk may hold, and which model pages may need at any moment. */
  configure({ diskBytes = 0, defaultModel }: EngineCalls['configure']['input']): Promise<void> {
    return this.#store.limit({ capBytes: diskBytes || Number.POSITIVE_INFINITY, needed: defaultModel });
  }

  pin({ model, isPinned }: EngineCalls['pin']['input']): Promise<void> {
    return this.#store.pin(parseModelId(model), isPinned);
  }

  async download(input: EngineCalls['download']['input'], call: ProgressCall): Promise<ModelInfo> {
    const request = input.kind === 'catalog' ? this.#listed(input.model) : await this.#addressed(input);
    const { access } = input;
    const isGated = Boolean(access?.authorization && this.#isGated(request, input, access.origin));
    await this.#store.download({ ...request, access, isGated }, following(call));
    return this.info(request.id);
  }

  /** A file that the catalogue lists is known by its bytes, wherever it came from. */
  async importFile(
    { file, name, partSizes }: EngineCalls['importFile']['input'],
    call: ProgressCall,
  ): Promise<ModelInfo> {
    const identify = (sha256: string): FileIdentity | undefined => {
      const entry = [...this.#catalog.values()].find((listed) => listed.sha256 === sha256);
      return entry && { id: entry.id, name: entry.name, source: 'catalog', url: entry.url };
    };
    const { id } = await this.#store.importFile(file, name, {
      ...following(call),
      identify,
      partSizes,
    });
    return this.info(id);
  }

  /** Whoever loaded the model unloads it first. */
  async remove({ model }: EngineCalls['remove']['input']): Promise<undefined> {
    if (model === this.#bundled.id)
      throw new HearthError('bad-input', `${this.#bundled.name} is part of Hearth and stays.`);
    await this.#store.remove(parseModelId(model));
  }

  /** Whether the model may have come only because of a token. Of an address that was typed nobody knows: it may. */
  #isGated({ id, source, url }: DownloadRequest, input: EngineCalls['download']['input'], hub: string) {
    if (source === 'catalog') return false;
    return input.kind === 'url' ? (input.isGated ?? url.origin === hub) : this.#store.get(id)?.isGated;
  }

  #listed(id: string): DownloadRequest {
    const entry = this.#catalog.get(id);
    if (entry) {
      const { name, sizeBytes } = entry;
      return {
        id,
        name,
        source: 'catalog',
        url: new URL(entry.url),
        sizeBytes,
        sha256: entry.sha256 ?? undefined,
      };
    }
    // A paused download from an address goes on by its id too
    const added = this.#store.get(id);
    if (added?.url) {
      const { name, url, sha256 } = added;
      return { id, name, source: 'url', url: new URL(url), sha256 };
    }
    throw new HearthError(
      'not-found',
      `The catalogue has no model ${id}. Choose one from the list of models.`,
    );
  }

  async #addressed(input: { url: string; sha256: string | undefined }): Promise<DownloadRequest> {
    const [url] = partUrls(parseModelUrl(input.url)) as [URL, ...URL[]];
    const listed = [...this.#catalog.values()].find((entry) => entry.url === url.href);
    if (listed) return this.#listed(listed.id);
    const sha256 = input.sha256?.trim().toLowerCase() || undefined;
    if (sha256 !== undefined && !/^[0-9a-f]{64}$/.test(sha256))
      throw new HearthError(
        'bad-input',
        'A SHA-256 has 64 digits from 0 to 9 and a to f. Leave it empty if you do not have it.',
      );
    if (sha256 !== undefined && partOf(url.pathname))
      throw new HearthError(
        'bad-input',
        'This model comes in several files, and a SHA-256 is that of one file. Leave it empty.',
      );
    return { id: await modelIdOfUrl(url), name: modelNameOf(url.pathname), source: 'url', url, sha256 };
  }

  #bundledInfo(): ModelInfo {
    const { id, name, about, sizeBytes, licence, contextLength, makes, memoryBytes } = this.#bundled;
    return {
      id,
      name,
      source: 'bundled',
      state: 'ready',
      sizeBytes,
      storedBytes: sizeBytes,
      ...(about && { about }),
      licence,
      contextLength,
      ...(makes && { makes }),
      memoryBytes,
      problem: this.#problem({ name, memoryBytes }),
      tried: true,
    };
  }

  #catalogInfo(entry: CatalogEntry): ModelInfo {
    const { id, name, sizeBytes, url, about, licence, contextLength, tried } = entry;
    const stored = this.#store.get(id);
    const memoryBytes = stored?.facts?.memoryBytes ?? entry.memoryBytes;
    return {
      id,
      name,
      source: 'catalog',
      state: stored?.state ?? 'available',
      sizeBytes,
      storedBytes: stored?.storedBytes ?? 0,
      url,
      about,
      licence,
      contextLength: stored?.facts?.contextLength ?? contextLength,
      ...(stored?.facts?.makes && { makes: stored.facts.makes }),
      ...(stored && { isPinned: stored.isPinned ?? false, lastUsedAt: stored.lastUsedAt }),
      memoryBytes,
      problem: this.#problem({ name, memoryBytes }),
      tried,
    };
  }

  #addedInfo(stored: StoredModel): ModelInfo {
    const {
      id,
      name,
      source,
      state,
      sizeBytes,
      storedBytes,
      url,
      facts,
      isPinned = false,
      lastUsedAt,
    } = stored;
    return {
      id,
      name,
      source,
      state,
      sizeBytes: sizeBytes ?? storedBytes,
      storedBytes,
      ...(url && { url }),
      licence: facts?.licence,
      contextLength: facts?.contextLength,
      ...(facts?.makes && { makes: facts.makes }),
      isPinned,
      lastUsedAt,
      memoryBytes: facts?.memoryBytes,
      problem: this.#problem({ name, memoryBytes: facts?.memoryBytes }),
      tried: false,
    };
  }
}

/** Signed addresses have their secret behind the `?`. */
function hasSecret(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { search, username, password } = new URL(url);
  return Boolean(search || username || password);
}

async function hashOf(source: ModelSource): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', await source.read(0, source.size));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A reader that is slow misses progress, nothing else: a part is sent once the last one was taken. */
function following({ signal, send }: ProgressCall): Following {
  let isFree = true;
  return {
    signal,
    onProgress(progress) {
      if (!isFree) return;
      isFree = false;
      send(progress).then(
        () => (isFree = true),
        // The caller has gone, which `signal` tells as well
        () => {},
      );
    },
  };
}
