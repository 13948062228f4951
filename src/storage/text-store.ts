import type { Directory } from './directory.ts';
import type { Time } from './time.ts';

const MAGIC = 'HTXT';
const ENDING = '.text';
const INDEX = 'texts.json';
/** Magic, bytes of the header (u32), SHA-256 of everything behind it. */
const FIXED_BYTES = 4 + 4 + 32;
const MAX_HEADER_BYTES = 2 ** 20;

/** Whose a text is, and what it was computed with. */
export interface TextOwner {
  origin: string;
  model: string;
}

interface Header extends TextOwner {
  tokens: number[];
  sizeBytes: number;
}

interface Entry extends Header {
  usedAt: number;
}

export interface TextStoreOptions {
  directory: Directory;
  time: Pick<Time, 'now'>;
  /** Bytes that all texts together may take, until `limit` says otherwise. */
  capBytes: number;
}

/**
 * What the cache held of texts, a file each:
 *
 *   "HTXT" | bytes of the header (u32, little-endian) | SHA-256 of what follows | header as JSON | the cache's bytes
 *
 * What is damaged is removed. When the cap is reached, what was used longest ago goes first; among what is as old, the shorter.
 */
export class TextStore {
  readonly #options: TextStoreOptions;
  readonly #entries = new Map<string, Entry>();
  #capBytes: number;
  /** Changes follow one another. */
  #last: Promise<unknown> = Promise.resolve();

  static async open(options: TextStoreOptions): Promise<TextStore> {
    const store = new TextStore(options);
    const { directory } = options;
    const used = usedAtOf(await directory.readJson(INDEX));
    for (const { name, sizeBytes } of await directory.list()) {
      if (!name.endsWith(ENDING)) continue;
      const header = await readHeader(directory, name, sizeBytes).catch(() => undefined);
      if (header) store.#entries.set(name, { ...header, usedAt: used.get(name) ?? 0 });
      else await directory.remove(name).catch(() => {});
    }
    return store;
  }

  private constructor(options: TextStoreOptions) {
    this.#options = options;
    this.#capBytes = options.capBytes;
  }

  /** Bytes of all texts. */
  get sizeBytes(): number {
    return [...this.#entries.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  /** The text of that owner which has most of the beginning of `tokens`. */
  async find({ origin, model }: TextOwner, tokens: readonly number[]) {
    let best: { name: string; entry: Entry; common: number } | undefined;
    for (const [name, entry] of this.#entries) {
      if (entry.origin !== origin || entry.model !== model) continue;
      const common = commonLength(entry.tokens, tokens);
      if (common > (best?.common ?? 0)) best = { name, entry, common };
    }
    if (!best) return undefined;
    const { name, entry } = best;
    return { tokens: entry.tokens, sizeBytes: entry.sizeBytes, read: () => this.#read(name, entry) };
  }

  /** Keeps a text, in place of those that it goes on from. Nothing happens if it is larger than the cap. */
  save(owner: TextOwner, tokens: readonly number[], bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    return this.#change(async () => {
      const { directory, time } = this.#options;
      const { origin, model } = owner;
      const header: Header = { origin, model, tokens: [...tokens], sizeBytes: bytes.length };
      const json = new TextEncoder().encode(JSON.stringify(header));
      if (bytes.length > this.#capBytes || json.length > MAX_HEADER_BYTES) return;
      for (const [name, entry] of this.#entries) {
        const isBeginning = commonLength(entry.tokens, tokens) === entry.tokens.length;
        if (entry.origin === origin && entry.model === model && isBeginning) await this.#remove(name);
      }
      await this.#makeRoom(bytes.length);

      const body = new Uint8Array(json.length + bytes.length);
      body.set(json);
      body.set(bytes, json.length);
      const hash = await sha256(body);
      const name = `${hex(hash).slice(0, 32)}${ENDING}`;
      const file = await directory.openForWriting(name);
      try {
        const fixed = new Uint8Array(FIXED_BYTES);
        fixed.set(new TextEncoder().encode(MAGIC));
        new DataView(fixed.buffer).setUint32(4, json.length, true);
        fixed.set(hash, 8);
        await file.truncate(0);
        await file.write(FIXED_BYTES, body);
        await file.write(0, fixed);
        await file.flush();
      } catch (error) {
        file.close();
        await directory.remove(name);
        throw error;
      }
      file.close();
      this.#entries.set(name, { ...header, usedAt: time.now() });
      await this.#writeIndex();
    });
  }

  /** What texts may take from now on: those go that were used longest ago, until the others fit. */
  limit(capBytes: number): Promise<void> {
    return this.#change(async () => {
      this.#capBytes = capBytes;
      if (this.sizeBytes <= capBytes) return;
      await this.#makeRoom(0);
      await this.#writeIndex();
    });
  }

  /** Forgets what one origin said, or everything. */
  forget(origin: string | undefined): Promise<void> {
    return this.#change(async () => {
      for (const [name, entry] of this.#entries)
        if (origin === undefined || entry.origin === origin) await this.#remove(name);
      await this.#writeIndex();
    });
  }

  /** The cache's bytes; undefined, and the file is gone, if they are not what was saved. */
  async #read(name: string, entry: Entry): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { directory, time } = this.#options;
    return this.#change(async () => {
      const bytes = await readBody(directory, name, entry).catch(() => undefined);
      if (!bytes) await this.#remove(name);
      entry.usedAt = time.now();
      await this.#writeIndex();
      return bytes;
    });
  }

  async #makeRoom(bytes: number): Promise<void> {
    const oldestFirst = [...this.#entries].sort(
      ([, a], [, b]) => a.usedAt - b.usedAt || a.tokens.length - b.tokens.length,
    );
    for (const [name] of oldestFirst) if (this.sizeBytes + bytes > this.#capBytes) await this.#remove(name);
  }

  async #remove(name: string): Promise<void> {
    this.#entries.delete(name);
    await this.#options.directory.remove(name);
  }

  async #writeIndex(): Promise<void> {
    const used = [...this.#entries].map(([name, { usedAt }]) => [name, usedAt]);
    await this.#options.directory.writeJson(INDEX, Object.fromEntries(used));
  }

  #change<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#last.then(change);
    this.#last = done.catch(() => {});
    return done;
  }
}

async function readHeader(directory: Directory, name: string, fileBytes: number) {
  const file = await directory.openForReading(name);
  try {
    const headerBytes = headerBytesOf(await file.read(0, FIXED_BYTES));
    if (headerBytes === undefined) return undefined;
    const json: unknown = JSON.parse(new TextDecoder().decode(await file.read(FIXED_BYTES, headerBytes)));
    const header = parseHeader(json);
    return header && FIXED_BYTES + headerBytes + header.sizeBytes === fileBytes ? header : undefined;
  } finally {
    file.close();
  }
}

async function readBody(directory: Directory, name: string, { sizeBytes }: Entry) {
  const file = await directory.openForReading(name);
  try {
    const fixed = await file.read(0, FIXED_BYTES);
    const headerBytes = headerBytesOf(fixed);
    if (headerBytes === undefined) return undefined;
    const body = await file.read(FIXED_BYTES, headerBytes + sizeBytes);
    const isWhole = body.length === headerBytes + sizeBytes;
    if (!isWhole || hex(await sha256(body)) !== hex(fixed.slice(8, FIXED_BYTES))) return undefined;
    return body.slice(headerBytes);
  } finally {
    file.close();
  }
}

function headerBytesOf(fixed: Uint8Array<ArrayBuffer>): number | undefined {
  if (fixed.length < FIXED_BYTES || new TextDecoder().decode(fixed.slice(0, 4)) !== MAGIC) return undefined;
  const bytes = new DataView(fixed.buffer).getUint32(4, true);
  return bytes <= MAX_HEADER_BYTES ? bytes : undefined;
}

function parseHeader(value: unknown): Header | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { origin, model, tokens, sizeBytes } = value as Partial<Record<keyof Header, unknown>>;
  const areTokens = Array.isArray(tokens) && tokens.every((token) => Number.isInteger(token));
  if (typeof origin !== 'string' || typeof model !== 'string' || !areTokens) return undefined;
  return Number.isSafeInteger(sizeBytes)
    ? { origin, model, tokens, sizeBytes: sizeBytes as number }
    : undefined;
}

function usedAtOf(value: unknown): Map<string, number> {
  if (typeof value !== 'object' || value === null) return new Map();
  return new Map(Object.entries(value).filter(([, usedAt]) => typeof usedAt === 'number'));
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function commonLength(a: readonly number[], b: readonly number[]): number {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a[length] === b[length]) length++;
  return length;
}
