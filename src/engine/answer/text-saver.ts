import type { ByteSource } from '../../../models/gguf/header-bytes.ts';
import type { Clock } from '../clock.ts';
import type { KeptText } from '../cache/kept-texts.ts';
import type { Plan } from '../plan/plan.ts';
import type { Runner } from './runner.ts';
import { commonLength, type SavedTexts } from '../cache/saved-texts.ts';
import type { Step } from '../step/step.ts';

/** Where pages are read, and what wrote them. */
type Paged = Pick<Step, 'pageBytes' | 'variants'>;

/** Goes into every name: raise it when what the cache holds changes its meaning. */
const VERSION = 1;
/** Fewer tokens are computed again sooner than they are looked for. */
const LEAST_TOKENS = 64;
/** Texts of one model that are saved at a time: the last used. */
const MOST_TEXTS = 16;
/** Until a read has been measured: a slow disk. */
const FIRST_BYTES_PER_MS = 200_000;
/** Pieces of a file that make its name, and the bytes of each. */
const PIECES = 16;
const PIECE_BYTES = 4096;

export interface TextSaverOptions {
  store: SavedTexts;
  source: ByteSource;
  plan: Plan;
  runner: Runner;
  clock: Clock;
  /** What computes now; undefined where pages cannot be read. */
  step(): Paged | undefined;
}

/** Takes the texts that one model keeps in its cache to disk, and back when a text begins alike. */
export class TextSaver {
  readonly #options: TextSaverOptions;
  readonly #saved = new Set<string>();
  #fingerprint: Promise<string> | undefined;
  #bytesPerMs = FIRST_BYTES_PER_MS;

  /** The text that is read since it has to go: one at a time, so that room is soon found for others. */
  #leaving: { origin: string; isForgotten: boolean } | undefined;

  constructor(options: TextSaverOptions) {
    this.#options = options;
    options.runner.kept.onEvict((text) => this.#evict(text));
  }

  /** What one origin said, or everything, is not to be saved any more. */
  forget(origin: string | undefined): void {
    if (this.#leaving && (origin === undefined || this.#leaving.origin === origin))
      this.#leaving.isForgotten = true;
  }

  /** Saves a text that goes from the cache. True if its pages are given back later. */
  #evict({ origin, adapters, tokens, pages }: KeptText): boolean {
    const now = this.#options.step();
    const bytesOf = now?.pageBytes;
    const isWanted =
      adapters === '' && tokens.length >= LEAST_TOKENS && !this.#saved.has(nameOf(origin, tokens));
    if (!bytesOf || !isWanted || this.#leaving) return false;
    const leaving = { origin, isForgotten: false };
    this.#leaving = leaving;
    const { store, runner } = this.#options;
    const save = async () => {
      const bytes = await bytesOf.read(pages[0]!.pages).finally(() => {
        runner.kept.giveEvicted(pages);
        runner.wakeUp();
      });
      const model = await this.#model(now);
      if (leaving.isForgotten) return;
      await store.save({ origin, model }, tokens, bytes);
      this.#saved.add(nameOf(origin, tokens));
    };
    // What cannot be saved is computed again some day
    void save()
      .catch(() => {})
      .finally(() => (this.#leaving = undefined));
    return true;
  }

  /** Saves what has not been saved yet; what was said last first. */
  async save(): Promise<void> {
    const { store, runner, step } = this.#options;
    const now = step();
    const bytesOf = now?.pageBytes;
    if (!now || !bytesOf) return;
    const { texts, give } = runner.kept.holdKept();
    try {
      for (const { origin, tokens, pages } of texts.slice(-MOST_TEXTS).reverse()) {
        const name = nameOf(origin, tokens);
        if (tokens.length < LEAST_TOKENS || this.#saved.has(name)) continue;
        const model = await this.#model(now);
        const bytes = await bytesOf.read(pages[0]!.pages);
        // Its site may have been forgotten meanwhile
        if (runner.kept.keptOf(origin, tokens) < tokens.length) continue;
        await store.save({ origin, model }, tokens, bytes);
        this.#saved.add(name);
      }
    } finally {
      give();
    }
  }

  /** Puts into the cache what is saved of this text, if that is more than the cache has and takes less time than computing it. */
  async restore(origin: string, tokens: readonly number[]): Promise<void> {
    const { store, runner, plan, clock, step } = this.#options;
    const now = step();
    if (!now?.pageBytes || tokens.length < LEAST_TOKENS) return;
    const saved = await store.find({ origin, model: await this.#model(now) }, tokens);
    if (!saved) return;
    const gained = commonLength(saved.tokens, tokens) - runner.kept.keptOf(origin, tokens);
    if (gained < LEAST_TOKENS || saved.sizeBytes / this.#bytesPerMs > gained * runner.msPerRow) return;
    const startedAt = clock.now();
    const bytes = await saved.read();
    // The device may have been lost meanwhile
    const pageBytes = step()?.pageBytes;
    if (!bytes || !pageBytes || bytes.length !== (saved.tokens.length / plan.pageSize) * pageBytes.pageBytes)
      return;
    runner.kept.adopt(origin, saved.tokens, (pages) => pageBytes.write(pages, bytes));
    const ms = Math.max(1, clock.now() - startedAt);
    this.#bytesPerMs = 0.7 * this.#bytesPerMs + (0.3 * bytes.length) / ms;
    this.#saved.add(nameOf(origin, saved.tokens));
  }

  async #model(step: Paged): Promise<string> {
    this.#fingerprint ??= fingerprint(this.#options.source);
    const { kv, pageSize } = this.#options.plan;
    const { arithmetic, integers } = step.variants;
    return [VERSION, await this.#fingerprint, kv, pageSize, arithmetic, integers].join(' ');
  }
}

function nameOf(origin: string, tokens: readonly number[]): string {
  return `${origin} ${tokens.join()}`;
}

/** SHA-256 of a file's size and of pieces all along it: other weights under the same name are another model. */
async function fingerprint(source: ByteSource): Promise<string> {
  const pieces: Uint8Array[] = [new TextEncoder().encode(`${source.size}`)];
  for (let i = 0; i < PIECES; i++) {
    const length = Math.min(PIECE_BYTES, source.size);
    pieces.push(await source.read(Math.floor(((source.size - length) * i) / (PIECES - 1)), length));
  }
  const whole = Uint8Array.from(pieces.flatMap((piece) => [...piece]));
  const hash = await crypto.subtle.digest('SHA-256', whole);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
