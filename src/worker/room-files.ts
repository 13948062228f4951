import type { ByteSource } from '../../models/gguf/header-bytes.ts';
import { type ModelFile, readModelFile } from '../engine/model-file.ts';
import { mapModel } from '../engine/stages/model-map.ts';
import type { Clock } from '../mesh/clock.ts';
import { toHex } from '../mesh/identity/bytes.ts';
import { type Manifest, makeManifest, parseManifest } from '../mesh/load/manifest.ts';
import type { PieceStore } from '../mesh/load/piece-loader.ts';
import { toBits } from '../mesh/load/pieces-of.ts';
import { MAX_MODELS_IN_BEAT } from '../mesh/limits.ts';
import type { Beat } from '../mesh/messages/control.ts';
import { HearthError } from '../protocol/errors.ts';
import type { ModelMap, ModelOrigin } from '../protocol/stage.ts';

/** A model whose whole file lies on this machine. */
export interface OwnModel {
  id: string;
  /** SHA-256 of the file in hex: its manifest is made once. */
  sha256: string;
  url: string;
}

/** Where manifests outlive this worker: reading gigabytes again to make them would take a while. */
export interface KeptManifests {
  get(sha256: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  set(sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}

/** A file that nobody has read a piece of for so long is closed: its owner may want to remove it. */
const CLOSE_MS = 5_000;

export interface RoomFilesDeps {
  clock: Clock;
  own(): Promise<readonly OwnModel[]>;
  open(id: string): Promise<ByteSource>;
  manifests: KeptManifests;
  /** What has been fetched for stages of others: opened when it is first looked for. */
  openFetched(): Promise<FetchedPieces>;
}

export interface FetchedPieces extends PieceStore {
  /** Whatever is there now outlives this worker. */
  keep(): Promise<void>;
}

/** A model of this machine as rooms know it. */
export interface RoomFile {
  id: string;
  manifest: Manifest;
  origin: ModelOrigin;
}

/** What this machine has of models, whole files and pieces, by the names that rooms have for them. */
export class RoomFiles implements PieceStore {
  readonly #deps: RoomFilesDeps;
  readonly #files = new Map<string, RoomFile>();
  /** Of whole files: where each piece lies. */
  readonly #places = new Map<string, { id: string; offset: number; bytes: number }>();
  /** Manifests, own and fetched, by name. */
  readonly #manifests = new Map<string, { manifest: Manifest; bytes: Uint8Array<ArrayBuffer> }>();
  #opening: Promise<FetchedPieces> | undefined;
  #fetched: FetchedPieces | undefined;
  /** Sources that stay open for who reads piece after piece. */
  readonly #sources = new Map<string, { source: Promise<ByteSource>; cancel(): void }>();
  #last: Promise<unknown> = Promise.resolve();
  #told: { held: Beat['pieces']; of: number } = { held: [], of: -1 };
  #changes = 0;

  constructor(deps: RoomFilesDeps) {
    this.#deps = deps;
  }

  /** Gets to know every model that is here: what is new is read once. */
  learn(): Promise<void> {
    const learned = this.#last.then(async () => {
      const own = await this.#deps.own();
      for (const [model, { id }] of this.#files) if (!own.some((at) => at.id === id)) this.#forget(model);
      for (const model of own) await this.#learn(model);
    });
    this.#last = learned.catch(() => {});
    return learned;
  }

  /** Of a model that is here as a whole. */
  async find(model: string): Promise<RoomFile | undefined> {
    await this.learn();
    return this.#files.get(model);
  }

  /** As a room is told of it. Fails with `gone` if the model's file is not known by its hash. */
  async mapOf(id: string, file: ModelFile): Promise<ModelMap> {
    await this.learn();
    const known = [...this.#files.values()].find((at) => at.id === id);
    if (known) return mapBy(file, known.manifest, known.origin);
    throw new HearthError('gone', 'The room cannot run a model whose file has no known SHA-256.');
  }

  has(sha256: string): boolean {
    return this.#places.has(sha256) || this.#manifests.has(sha256) || this.#fetched?.has(sha256) === true;
  }

  async read(sha256: string, at: number, bytes: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const manifest = this.#manifests.get(sha256);
    if (manifest)
      return at + bytes <= manifest.bytes.length ? manifest.bytes.slice(at, at + bytes) : undefined;
    const place = this.#places.get(sha256);
    if (!place) return (await this.#pieces()).read(sha256, at, bytes);
    if (at + bytes > place.bytes) return undefined;
    const source = await this.#source(place.id);
    return (await source.read(place.offset + at, bytes)) as Uint8Array<ArrayBuffer>;
  }

  async write(sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await (await this.#pieces()).write(sha256, bytes);
    this.#changes++;
  }

  /** A model of which pieces have been fetched: others are told what of it is here. */
  async keep(manifest: Manifest): Promise<void> {
    const store = await this.#pieces();
    const bytes = await store.read(manifest.model, 0, manifest.manifestBytes);
    if (bytes) this.#manifests.set(manifest.model, { manifest, bytes });
    this.#changes++;
    await store.keep();
  }

  /** For heartbeats. */
  get held(): Beat['pieces'] {
    if (this.#told.of !== this.#changes) {
      const models = [...this.#manifests].slice(-MAX_MODELS_IN_BEAT);
      const held = models.map(([model, { manifest }]) => ({
        model,
        held: toBits(manifest.pieces, ({ sha256 }) => this.has(sha256)),
      }));
      this.#told = { held, of: this.#changes };
    }
    return this.#told.held;
  }

  async #pieces(): Promise<FetchedPieces> {
    this.#opening ??= this.#deps.openFetched();
    this.#opening.catch(() => (this.#opening = undefined));
    this.#fetched = await this.#opening;
    return this.#fetched;
  }

  #source(id: string): Promise<ByteSource> {
    const { clock, open } = this.#deps;
    const known = this.#sources.get(id);
    known?.cancel();
    const source = known?.source ?? open(id);
    const cancel = clock.after(CLOSE_MS, () => {
      this.#sources.delete(id);
      void source.then((file) => file.close?.()).catch(() => {});
    });
    this.#sources.set(id, { source, cancel });
    return source;
  }

  /** Its owner has removed it. */
  #forget(model: string): void {
    for (const { sha256 } of this.#files.get(model)!.manifest.pieces) this.#places.delete(sha256);
    this.#files.delete(model);
    this.#manifests.delete(model);
    this.#changes++;
  }

  async #learn({ id, sha256, url }: OwnModel): Promise<void> {
    if ([...this.#files.values()].some((known) => known.id === id)) return;
    const { manifests, open } = this.#deps;
    let bytes = await manifests.get(sha256);
    if (!bytes || !isManifest(bytes)) {
      const source = await open(id);
      try {
        bytes = await manifestOf(source);
      } finally {
        await source.close?.();
      }
      await manifests.set(sha256, bytes);
    }
    const manifest = parseManifest(await hashOf(bytes), bytes);
    this.#files.set(manifest.model, { id, manifest, origin: { manifestBytes: bytes.length, url } });
    this.#manifests.set(manifest.model, { manifest, bytes });
    for (const piece of manifest.pieces) this.#places.set(piece.sha256, { id, ...piece });
    this.#changes++;
  }
}

/** What a header says, in a file whose pieces are those of a manifest. Fails with `bad-input` if they are not. */
export function mapBy(
  file: ModelFile,
  { model, partBytes, pieces }: Manifest,
  origin: ModelOrigin,
): ModelMap {
  const known = new Map(pieces.map((piece) => [piece.offset, piece]));
  return mapModel(file, {
    model,
    origin,
    partBytes,
    hashOf(offset, bytes) {
      const piece = known.get(offset);
      if (piece?.bytes === bytes) return piece.sha256;
      throw new HearthError(
        'bad-input',
        'The model is cut into other pieces there than here. Use the same version of Hearth on both machines.',
      );
    },
  });
}

export async function hashOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
}

/** A disk may have lost the end of it. */
function isManifest(bytes: Uint8Array<ArrayBuffer>): boolean {
  try {
    return parseManifest('', bytes).pieces.length > 0;
  } catch {
    return false;
  }
}

async function manifestOf(source: ByteSource): Promise<Uint8Array<ArrayBuffer>> {
  const partBytes = source.partSizes ?? [source.size];
  const file = await readModelFile(source);
  const origin = { manifestBytes: 0, url: '' };
  const map = mapModel(file, { model: '', origin, partBytes, hashOf: () => '' });
  return makeManifest(map, partBytes, {
    read: async (offset, length) => (await source.read(offset, length)) as Uint8Array<ArrayBuffer>,
    sha256: hashOf,
  });
}
