import { GREEDY } from '../../protocol/generate.ts';
import type { PeerId } from '../../protocol/peer-id.ts';
import type {
  ChainResult,
  Stage,
  StageChain,
  StageOrder,
  StageRow,
  StageSizes,
  StageStep,
} from '../../protocol/stage.ts';
import type { Clock, Random } from '../clock.ts';
import { hiddenDistance } from './hidden-distance.ts';

/** Tokens between two checks: at most 30, so that a machine that begins to cheat is found within 32. */
const LEAST_GAP = 26;
const MOST_GAP = 30;
/** A checked sequence begins anew after so many rows. */
const MOST_POSITIONS = 32;
/** Larger steps are not kept by those who compute them. */
const MOST_ROWS = 32;
/** How far two honest machines may be apart: other kernels round otherwise, int8 activations by about a hundredth. */
const MOST_DISTANCE = 0.05;
const REVEAL_MS = 1_000;

export interface SpotCheckOptions {
  clock: Clock;
  random: Random;
  chain: StageChain;
  vocab: number;
  /** Of the caller: the chain's own have a slot and some pages more, by `withCheckedSlot`. */
  sizes: StageSizes;
  /** All stages, in order. */
  stages: readonly { peer: PeerId; order: StageOrder }[];
  /** Asks a machine what went in and came out of a row. */
  reveal(peer: PeerId, step: number, row: number): void;
  onGuilty(peer: PeerId, why: string): void;
  /** Two neighbours say different things of what passed between them, or one says nothing. */
  onSuspect(peer: PeerId, to: PeerId | undefined, why: string): void;
}

interface Revealed {
  step: number;
  row: number;
  input: Uint8Array<ArrayBuffer>;
  output: Uint8Array<ArrayBuffer>;
}

/** A stage that computes again what another has: of the checked sequence alone, row by row. */
export function referenceOrder(order: StageOrder): StageOrder {
  const { pageSize, contextLength, pageCounts } = order.sizes;
  const positions = Math.min(MOST_POSITIONS, contextLength);
  const pages = Math.ceil(positions / pageSize);
  const sizes = {
    slots: 1,
    maxRows: 1,
    contextLength: positions,
    pageSize,
    pageCounts: pageCounts.map(() => pages),
  };
  return { ...order, sizes };
}

/** Positions of the largest cache that a chain of these sizes has anywhere. */
export function largestCache(sizes: StageSizes): number {
  const { pageCounts, pageSize } = withCheckedSlot(sizes);
  return Math.max(...pageCounts) * pageSize;
}

/** The sizes of a chain with room for one more sequence, which is there to be checked. */
export function withCheckedSlot(sizes: StageSizes): StageSizes {
  const pages = Math.ceil(Math.min(MOST_POSITIONS, sizes.contextLength) / sizes.pageSize);
  return {
    ...sizes,
    slots: sizes.slots + 1,
    maxRows: sizes.maxRows + 1,
    pageCounts: sizes.pageCounts.map((count) => count + pages),
  };
}

/**
 * A chain whose machines are checked while they work. Among the rows of an ordinary step, now and then, goes a row of a
 * sequence of our own, in a slot and on pages like any other's. Afterwards every machine is asked what it made of
 * that row, and a stage that we trust computes it again. One row in about 28 tokens rides along in a step that runs
 * anyway, and is recomputed; a machine that computes something else is named within 32 tokens.
 */
export class SpotCheck implements StageChain {
  readonly #options: SpotCheckOptions;
  /** Ours → the chain's: nothing tells the checked slot and its pages from others. */
  readonly #slots: number[];
  readonly #pages: number[][];
  /** By machine, what computes its work again, as far as there is something. */
  readonly #references = new Map<PeerId, Stage>();
  /** Of the sequence under check: every machine whose work could be recomputed from its first row on. */
  #asked: PeerId[] = [];
  readonly #revealed = new Map<PeerId, Revealed>();
  #position = 0;
  #token: number;
  #gap: number;
  #nextStep = 0;
  #underWay: { step: number; at: number; row: StageRow; id: number | undefined } | undefined;
  #cancel: (() => void) | undefined;

  constructor(options: SpotCheckOptions) {
    this.#options = options;
    const { slots, pageCounts } = withCheckedSlot(options.sizes);
    this.#slots = shuffled(slots, options.random);
    this.#pages = pageCounts.map((count) => shuffled(count, options.random));
    this.#token = this.#randomToken();
    this.#gap = this.#randomGap();
  }

  get depth(): number {
    return this.#options.chain.depth;
  }

  close(): void {
    this.end();
    this.#options.chain.close();
  }

  /** From the next checked sequence on, the machine is held against this stage of `referenceOrder`. */
  trust(peer: PeerId, reference: Stage): void {
    this.#references.set(peer, reference);
    if (this.#underWay) return;
    this.#begin();
  }

  /** Its epoch is over. */
  end(): void {
    this.#cancel?.();
    this.#underWay = undefined;
  }

  async run(step: StageStep): Promise<ChainResult> {
    const number = this.#nextStep++;
    const disguised: StageStep = {
      lane: step.lane,
      pages: step.pages.map((at) => ({
        ...at,
        slot: this.#slots[at.slot]!,
        page: this.#pages[at.group]![at.page]!,
      })),
      samplers: step.samplers.map((at) => ({ ...at, slot: this.#slots[at.slot]! })),
      rows: step.rows.map((row) => ({ ...row, slot: this.#slots[row.slot]! })),
    };
    this.#gap -= step.rows.filter(({ isOutput }) => isOutput).length;
    const { chain, random } = this.#options;
    const isDue = this.#gap <= 0 && this.#asked.length > 0 && !this.#underWay;
    if (!isDue || step.rows.length >= MOST_ROWS) return chain.run(disguised);

    const at = Math.floor(random() * (step.rows.length + 1));
    const own = this.#ownStep();
    const row = own.rows[0]!;
    const underWay = { step: number, at, row, id: undefined as number | undefined };
    this.#underWay = underWay;
    const result = await chain.run({
      lane: step.lane,
      pages: [...disguised.pages, ...own.pages],
      samplers: [...disguised.samplers, ...own.samplers],
      rows: disguised.rows.toSpliced(at, 0, row),
    });
    const output = step.rows.slice(0, at).filter(({ isOutput }) => isOutput).length;
    underWay.id = result.ids[output];
    this.#ask();
    return { ...result, ids: Uint32Array.from([...result.ids].toSpliced(output, 1)) };
  }

  onRevealed(peer: PeerId, revealed: Revealed): void {
    const { step, at } = this.#underWay ?? {};
    if (revealed.step !== step || revealed.row !== at || !this.#asked.includes(peer)) return;
    this.#revealed.set(peer, revealed);
    // What cannot be recomputed now is checked another time
    if (this.#revealed.size === this.#asked.length) this.#judge().catch(() => this.#goOn(false));
  }

  /** The next row of our own sequence, with what it changes. */
  #ownStep(): Pick<StageStep, 'pages' | 'samplers'> & { rows: StageRow[] } {
    const { sizes } = this.#options;
    const slot = this.#slots[sizes.slots]!;
    const index = Math.floor(this.#position / sizes.pageSize);
    const isFirst = this.#position % sizes.pageSize === 0;
    return {
      pages: isFirst
        ? this.#pages.map((pages, group) => ({
            group,
            slot,
            index,
            page: pages[sizes.pageCounts[group]! + index]!,
          }))
        : [],
      samplers:
        this.#position === 0 ? [{ slot, sampling: GREEDY, promptLength: 1, tokens: [this.#token] }] : [],
      rows: [{ token: this.#token, position: this.#position, slot, isOutput: true }],
    };
  }

  /** The same row where nothing else is computed. */
  #referenceStep(): Pick<StageStep, 'pages' | 'samplers'> & { rows: StageRow[] } {
    const { pages, samplers, rows } = this.#ownStep();
    return {
      pages: pages.map((at) => ({ ...at, slot: 0, page: at.index })),
      samplers: samplers.map((at) => ({ ...at, slot: 0 })),
      rows: rows.map((row) => ({ ...row, slot: 0 })),
    };
  }

  #ask(): void {
    const { clock, reveal, onSuspect } = this.#options;
    const { step, at } = this.#underWay!;
    this.#revealed.clear();
    for (const peer of this.#asked) reveal(peer, step, at);
    this.#cancel = clock.after(REVEAL_MS, () => {
      const silent = this.#asked.find((peer) => !this.#revealed.has(peer));
      this.#goOn(false);
      if (silent) onSuspect(silent, undefined, 'A machine does not show what it has computed.');
    });
  }

  async #judge(): Promise<void> {
    this.#cancel?.();
    const { stages, onSuspect, onGuilty } = this.#options;
    const check = this.#underWay!;
    for (const [i, { peer }] of stages.entries()) {
      const [before, here] = [this.#revealed.get(stages[i - 1]?.peer as PeerId), this.#revealed.get(peer)];
      if (!before || !here || isEqual(before.output, here.input)) continue;
      this.#goOn(false);
      onSuspect(stages[i - 1]!.peer, peer, 'Two machines do not agree on what passed between them.');
      return;
    }
    const own = this.#referenceStep();
    for (const { peer, order } of stages) {
      const here = this.#revealed.get(peer);
      const reference = this.#references.get(peer);
      if (!here || !reference) continue;
      const output = await reference.run({
        lane: 'bulk',
        ...own,
        hidden: order.span.embeds ? undefined : here.input,
      });
      // Another epoch has begun, or the chain is closed
      if (this.#underWay !== check) return;
      const isRight =
        output.kind === 'ids'
          ? output.ids[0] === idOf(here.output) && output.ids[0] === check.id
          : hiddenDistance(output.hidden, here.output, order.hidden) <= MOST_DISTANCE;
      if (isRight) continue;
      this.#goOn(false);
      onGuilty(peer, 'what it computed is not what its layers give');
      return;
    }
    this.#goOn(true);
  }

  #goOn(isRight: boolean): void {
    const id = this.#underWay?.id;
    this.#cancel?.();
    this.#underWay = undefined;
    this.#gap = this.#randomGap();
    this.#position++;
    this.#token = id ?? this.#token;
    const { contextLength } = this.#options.sizes;
    if (isRight && this.#position < Math.min(MOST_POSITIONS, contextLength)) return;
    this.#begin();
  }

  /** A new sequence, for all who can be checked by now. */
  #begin(): void {
    this.#position = 0;
    this.#token = this.#randomToken();
    this.#asked = [...this.#references.keys()];
  }

  #randomGap(): number {
    return LEAST_GAP + Math.floor(this.#options.random() * (MOST_GAP - LEAST_GAP + 1));
  }

  #randomToken(): number {
    return Math.floor(this.#options.random() * this.#options.vocab);
  }
}

/** 0 … count - 1, in an order that chance chose (Fisher and Yates). */
function shuffled(count: number, random: Random): number[] {
  const values = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [values[i], values[j]] = [values[j]!, values[i]!];
  }
  return values;
}

function idOf(output: Uint8Array<ArrayBuffer>): number | undefined {
  if (output.length !== 4) return undefined;
  return new DataView(output.buffer, output.byteOffset).getUint32(0, true);
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
