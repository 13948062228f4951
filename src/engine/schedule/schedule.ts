import type { Lane } from '../../protocol/generate.ts';
import { KeptTexts, type SharedStart } from '../cache/kept-texts.ts';
import type { HeldPages, PagePools } from '../cache/pages.ts';
import {
  adaptersKey,
  hasPenalties,
  isDecoding,
  isPrefilling,
  type Sequence,
  tokensAhead,
} from './sequence.ts';
import { Speculation } from '../speculate/speculation.ts';
import type { OtherRows, StepCosts } from '../speculate/step-costs.ts';
import { Turns } from './turns.ts';

const LANES: readonly Lane[] = ['interactive', 'bulk', 'guest'];
const NO_LIMIT: OtherRows = {
  decodes: Number.POSITIVE_INFINITY,
  prompts: Number.POSITIVE_INFINITY,
  areSingle: false,
};

/** A run of positions of one sequence in a step. Its last row is an output if it reaches the last known token. */
export interface Chunk {
  sequence: Sequence;
  epoch: number;
  firstPosition: number;
  rows: number;
  isOutput: boolean;
  /** Its output's token is chosen under its sequence's mask, which the step waits for, and freely too. */
  isMasked?: boolean;
  /** Of a chunk whose rows are guesses but perhaps the first: their tokens. Each row is an output. */
  guesses?: readonly number[];
}

/** How many results a chunk has. */
export function outputsOf({ rows, isOutput, guesses }: Chunk): number {
  return guesses ? rows : Number(isOutput);
}

/** What one step runs: first the decoding sequences, a row each and what they guess, then chunks of prompts. */
export interface StepPlan {
  decodes: Chunk[];
  prefills: Chunk[];
}

export interface ScheduleOptions {
  slots: number;
  pages: PagePools;
  /** How far a sequence may run ahead of what has been read; one that needs its mask not at all. */
  depth: number;
  /** Decoding sequences are shared out among this many steps, so that several stages of a model are at work. */
  groups(): number;
  /** Whether a step takes each text whole; no if absent. */
  isWhole?: boolean;
  /** Whether pages outlive their sequence, so that the next text of its origin may start from them. */
  keepsTexts(): boolean;
  /** Whether sequences that go on may have rows of guesses; no if absent. */
  guessing?: { costs: StepCosts; mayGuess(): boolean };
  /** Tells the GPU's page tables of a sequence's page, of a group of blocks. */
  onPage(slot: number, index: number, page: number, group: number): void;
  /** A sequence takes a slot: its sampler and counts must be there before its first step. */
  onSlot(sequence: Sequence): void;
}

/**
 * Continuous batching. Every running sequence gets one row in each step; what is left of the step's budget
 * goes to prompts, by deficit round robin over origins (Shreedhar & Varghese 1995), so that neither a long
 * prompt nor a busy page holds up another. When slots or pages run out, the origin that holds most gives
 * one back: that sequence waits and is later computed again from its tokens. What a sequence leaves in the cache is
 * kept for the next one of its origin for as long as nobody needs the room.
 */
export class Scheduler {
  readonly #options: ScheduleOptions;
  readonly #freeSlots: number[];
  readonly #sequences = new Set<Sequence>();
  /** Rows that an origin may still take, and the order in which origins are asked. */
  readonly #deficits = new Map<string, number>();
  readonly #kept: KeptTexts;
  /** Whose turn it is among texts that are not cut. */
  readonly #turns = new Turns();
  readonly #speculations = new Map<Sequence, Speculation>();
  /** Rows of lanes below the interactive one that the next step may have. */
  #others = NO_LIMIT;
  #nextOther = 0;

  constructor(options: ScheduleOptions) {
    this.#options = options;
    this.#freeSlots = Array.from({ length: options.slots }, (_, slot) => options.slots - 1 - slot);
    this.#kept = new KeptTexts(options.pages);
  }

  get sequences(): ReadonlySet<Sequence> {
    return this.#sequences;
  }

  add(sequence: Sequence): void {
    this.#sequences.add(sequence);
  }

  /** Frees the slot at once, and keeps the text; steps in flight that still write there run before those of a new owner. */
  remove(sequence: Sequence): void {
    sequence.isDone = true;
    this.#keep(sequence);
    this.#sequences.delete(sequence);
    this.#speculations.delete(sequence);
    if ([...this.#sequences].some(({ origin }) => origin === sequence.origin)) return;
    this.#deficits.delete(sequence.origin);
    this.#turns.forget(sequence.origin);
  }

  /** Changes a sequence's text: it is computed again, from where the text before it and the new one part. */
  restart(sequence: Sequence, change: () => void): void {
    this.#keep(sequence);
    this.#speculations.delete(sequence);
    change();
  }

  /**
   * A sequence's text has grown by a token: what was computed with another one in its place is void. So is what was computed
   * with one that is refused.
   */
  grown(sequence: Sequence): void {
    if (sequence.slot === undefined) return;
    const speculation = this.#speculations.get(sequence);
    const { tokens, promptLength, hold, drafts } = sequence;
    const isRight = speculation?.take(tokens, promptLength) ?? true;
    if (!isRight || hold?.isRefused) drafts?.missed(tokens);
    drafts?.take(tokens);
    if (hold?.isRefused) speculation?.refuse();
    if (!isRight || hold?.isRefused) {
      sequence.scheduled = Math.min(sequence.scheduled, tokens.length - 1);
      sequence.epoch += 1;
    }
    if (tokensAhead(sequence) === 0) speculation?.settle();
  }

  /** All KV is gone (device lost): every sequence starts again from its tokens. */
  rewindAll(): void {
    this.#kept.forget(undefined);
    for (const sequence of this.#sequences) this.#release(sequence);
  }

  /** Forgets the texts that one origin left in the cache, or all of them. */
  forget(origin: string | undefined): void {
    this.#kept.forget(origin);
  }

  /** Texts that are kept, to be given back by what is returned beside them. */
  holdKept(): { texts: ReturnType<KeptTexts['hold']>; give(): void } {
    const texts = this.#kept.hold();
    return {
      texts,
      give: () => {
        for (const { pages } of texts) this.#options.pages.give(pages);
      },
    };
  }

  /** Takes over pages of texts that go for want of room, where it says so; they are given back by `giveEvicted`. */
  onEvict(take: KeptTexts['onEvict']): void {
    this.#kept.onEvict = take;
  }

  giveEvicted(pages: HeldPages): void {
    this.#options.pages.give(pages);
  }

  keptOf(origin: string, tokens: readonly number[]): number {
    return this.#kept.keptOf(origin, '', tokens);
  }

  /** Keeps a text of full pages, which `write` fills, as if a sequence had left it. Not if that takes room from others. */
  adopt(origin: string, tokens: readonly number[], write: (pages: readonly number[]) => void): void {
    const { pages } = this.#options;
    const held: HeldPages = [];
    if (!pages.hasRoomFor(tokens.length, held) || !pages.extend(held, tokens.length, () => {})) {
      pages.give(held);
      return;
    }
    write(held[0]!.pages);
    this.#kept.keep(origin, '', tokens, held);
  }

  /** The next step of at most `budget` rows, or nothing to do until a result, a reader or a page comes. */
  next(budget: number): StepPlan | undefined {
    // Before the step, since a page that one of its rows reads must not be another one's to write to
    for (const { pages, scheduled, tokens } of this.#running())
      this.#options.pages.trim(pages, Math.min(scheduled, tokens.length - 1));
    this.#admit();
    const { isWhole } = this.#options;
    this.#limit();
    const decodes = isWhole ? [] : this.#decodes(budget);
    const prefills = isWhole ? this.#texts(budget) : this.#prefills(budget - rowsOf(decodes));
    // A page that was taken back for a later sequence takes its rows out of this very step
    const isLive = ({ sequence, epoch }: Chunk) => sequence.epoch === epoch;
    const live = prefills.filter(isLive);
    const isSingle = ({ sequence }: Chunk) => this.#isSingle(sequence.lane);
    const plan = {
      decodes: [...decodes.filter(isLive), ...live.filter(isSingle)],
      prefills: live.filter((chunk) => !isSingle(chunk)),
    };
    return plan.decodes.length + plan.prefills.length > 0 ? plan : undefined;
  }

  /** Whether prompts of a lane get on by a row of each, which is computed as those of sequences that go on. */
  #isSingle(lane: Lane): boolean {
    return lane !== 'interactive' && this.#others.areSingle;
  }

  #admit(): void {
    for (;;) {
      const waiting = this.#fairest(
        [...this.#sequences].filter(({ slot, isPaused }) => slot === undefined && !isPaused),
      );
      if (!waiting) return;
      if (this.#freeSlots.length === 0 && !this.#makeRoomFor(waiting)) return;
      const shared = waiting.isPrivate
        ? { pages: [], positions: 0 }
        : this.#kept.share(waiting.origin, adaptersKey(waiting), waiting.tokens);
      if (!this.#hasRoomFor(waiting.tokens.length + 1, shared.pages) && this.#running().length > 0) {
        this.#options.pages.give(shared.pages);
        return;
      }
      this.#start(waiting, shared);
    }
  }

  /** Room for a whole known text, so that an admitted prompt does not at once push another out. */
  #hasRoomFor(positions: number, shared: HeldPages): boolean {
    while (!this.#options.pages.hasRoomFor(positions, shared)) {
      if (!this.#kept.dropOldest()) return false;
    }
    return true;
  }

  #start(sequence: Sequence, { pages, positions }: SharedStart): void {
    const slot = this.#freeSlots.pop()!;
    sequence.slot = slot;
    sequence.scheduled = positions;
    sequence.cachedTokens ??= positions;
    for (const [group, { first, pages: run }] of pages.entries())
      for (const [i, page] of run.entries()) this.#options.onPage(slot, first + i, page, group);
    sequence.pages.push(...pages);
    this.#options.onSlot(sequence);
  }

  #decodes(budget: number): Chunk[] {
    const decoding = this.#running().filter((s) => !isPrefilling(s) && !s.isPaused);
    const ready = decoding.filter((s) => s.scheduled < s.maxLength - 1);
    const most = Math.min(budget, Math.ceil(decoding.length / this.#options.groups()));
    const chunks: Chunk[] = [];
    let others = this.#others.decodes;
    // Every sequence may need an output of its own in this step
    let room = Math.min(budget - most, this.#options.slots - this.#running().length);
    for (const sequence of this.#inTurn(ready)) {
      if (chunks.length === most) break;
      if (sequence.slot === undefined) continue;
      if (sequence.lane !== 'interactive' && others-- <= 0) break;
      const guesses = this.#guesses(sequence, decoding.length, room);
      if (guesses === 'later') continue;
      if (guesses.length === 0 && !this.#mayGoOn(sequence)) continue;
      const rows = Math.max(1, guesses.length);
      if (!this.#reserve(sequence, sequence.scheduled + rows)) continue;
      chunks.push({
        sequence,
        epoch: sequence.epoch,
        firstPosition: sequence.scheduled,
        rows,
        isOutput: true,
        ...(sequence.hold?.needsMask && { isMasked: true }),
        ...(guesses.length > 0 && { guesses }),
      });
      sequence.scheduled += rows;
      room -= rows - 1;
    }
    return chunks;
  }

  /**
   * How much of others' work a step may have. Beside streams that somebody reads, it is what keeps the step under twice
   * the time that it takes without them.
   */
  #limit(): void {
    const { guessing } = this.#options;
    const running = this.#running();
    this.#others = NO_LIMIT;
    const readers = running.filter((s) => s.lane === 'interactive' && isDecoding(s) && !s.isPaused).length;
    const others = running.filter(({ lane }) => lane !== 'interactive');
    if (!guessing || readers === 0 || others.length === 0) return;
    const counts = {
      decodes: others.filter(isDecoding).length,
      prompts: others.filter(isPrefilling).length,
    };
    this.#others = guessing.costs.beside(readers, counts, guessing.mayGuess());
  }

  /** By lane; of what nobody waits for, another one is first each time. */
  #inTurn(ready: Sequence[]): Sequence[] {
    const others = inLaneOrder(ready.filter(({ lane }) => lane !== 'interactive'));
    const first = this.#nextOther % Math.max(1, others.length);
    const most = Math.min(this.#others.decodes, others.length);
    if (most < others.length) this.#nextOther += most;
    const reading = ready.filter(({ lane }) => lane === 'interactive');
    return [...reading, ...others.slice(first), ...others.slice(0, first)];
  }

  /** Whether a sequence's next row can be computed from what the GPU sampled last, or from its text. */
  #mayGoOn(sequence: Sequence): boolean {
    return (
      !this.#speculations.get(sequence)?.isGuessing &&
      tokensAhead(sequence) < (sequence.hold?.needsMask ? 1 : this.#options.depth)
    );
  }

  /** Tokens of rows from `scheduled` on, where its text repeats itself, or somebody knows what it may go on with, and that pays. */
  #guesses(sequence: Sequence, decoding: number, room: number): readonly number[] | 'later' {
    const { guessing, depth, pages } = this.#options;
    // Penalties count a token when it is sampled: one after a wrong guess would be counted too
    // A mask is that of one token
    if (!guessing?.mayGuess() || sequence.hold?.needsMask || hasPenalties(sequence.sampling)) return [];
    const { tokens, promptLength, scheduled, maxLength, drafts } = sequence;
    let speculation = this.#speculations.get(sequence);
    if (!speculation) {
      speculation = new Speculation();
      this.#speculations.set(sequence, speculation);
      speculation.take(tokens, promptLength);
    }
    const mostRows = Math.min(room, maxLength - 2 - scheduled);
    // A guess is not worth another one's page
    if (mostRows < 1 || !pages.hasRoomFor(scheduled + 1 + mostRows, sequence.pages)) return [];
    const { speculates = 'by gain' } = sequence;
    const { costs } = guessing;
    const now = { costs, decoding, depth, room: mostRows, speculates };
    const guesses = speculation.next(tokens, scheduled, now);
    if (guesses.length > 0 || !drafts?.isOn) return guesses;
    // A draft is of a text that is known to its end
    const draft = tokensAhead(sequence) > 0 ? 'later' : drafts.next(tokens, mostRows);
    return draft === 'later' || draft.length === 0 ? draft : speculation.follow(tokens, draft);
  }

  #prefills(budget: number): Chunk[] {
    const chunks: Chunk[] = [];
    for (const lane of LANES) {
      const isSingle = this.#isSingle(lane);
      if (lane !== 'interactive') budget = Math.min(budget, this.#others.prompts);
      const queues = new Map<string, Sequence[]>();
      for (const s of this.#running()) {
        if (s.lane === lane && isPrefilling(s) && !s.isPaused)
          queues.set(s.origin, [...(queues.get(s.origin) ?? []), s]);
      }
      while (budget > 0 && queues.size > 0) {
        const quantum = Math.max(1, Math.floor(budget / queues.size));
        for (const [origin, queue] of queues) {
          const allowance = Math.min(budget, quantum + (this.#deficits.get(origin) ?? 0));
          let left = allowance;
          while (left > 0 && queue.length > 0) {
            const sequence = queue[0]!;
            const rows = Math.min(isSingle ? 1 : left, sequence.tokens.length - sequence.scheduled);
            if (sequence.slot === undefined || !this.#reserve(sequence, sequence.scheduled + rows)) {
              queue.shift();
              continue;
            }
            const firstPosition = sequence.scheduled;
            sequence.scheduled += rows;
            const isOutput = sequence.scheduled === sequence.tokens.length;
            chunks.push({
              sequence,
              epoch: sequence.epoch,
              firstPosition,
              rows,
              isOutput,
              ...(isOutput && sequence.hold?.needsMask && { isMasked: true }),
            });
            left -= rows;
            if (isSingle || !isPrefilling(sequence)) queue.shift();
          }
          budget -= allowance - left;
          // An origin whose turn was cut short by the step's end is owed the rest
          this.#deficits.set(origin, queue.length > 0 ? Math.max(0, quantum - (allowance - left)) : 0);
          if (queue.length === 0) queues.delete(origin);
          if (budget === 0) break;
        }
      }
    }
    return chunks;
  }

  /** Whole texts, as many as fit. The first is taken however long it is: it would be no shorter in a later step. */
  #texts(budget: number): Chunk[] {
    let rows = 0;
    const fits = ({ tokens }: Sequence) => {
      if (rows > 0 && rows + tokens.length > budget) return false;
      rows += tokens.length;
      return true;
    };
    const texts = LANES.flatMap((lane) =>
      this.#turns.take(
        this.#running().filter((s) => s.lane === lane && s.scheduled === 0),
        fits,
      ),
    );
    return texts.map((sequence) => {
      const rows = sequence.tokens.length;
      sequence.scheduled = rows;
      return { sequence, epoch: sequence.epoch, firstPosition: 0, rows, isOutput: true };
    });
  }

  /** Pages for the first `positions` of a sequence, taken from the origin that holds most if none is free. */
  #reserve(sequence: Sequence, positions: number): boolean {
    const { pages, onPage } = this.#options;
    const tell = (group: number, index: number, page: number) => onPage(sequence.slot!, index, page, group);
    while (!pages.extend(sequence.pages, positions, tell)) {
      if (this.#kept.dropOldest()) continue;
      const victim = this.#victim();
      if (!victim) return false;
      this.#release(victim);
      // The newest of the fullest origin may be this one: then it waits its turn
      if (victim === sequence) return false;
    }
    return true;
  }

  /** A free slot for a sequence of an origin that has fewer than another one. */
  #makeRoomFor(waiting: Sequence): boolean {
    const victim = this.#victim();
    const held = this.#held();
    if (!victim || held(victim.origin) <= held(waiting.origin) + 1) return false;
    this.#keep(victim);
    return true;
  }

  /** The youngest sequence of the origin that holds most slots, guests and bulk first. */
  #victim(): Sequence | undefined {
    const lane = LANES.findLast((lane) => this.#running().some((s) => s.lane === lane));
    const candidates = this.#running().filter((s) => s.lane === lane);
    const held = this.#held();
    const most = Math.max(...candidates.map(({ origin }) => held(origin)));
    return candidates.filter(({ origin }) => held(origin) === most).at(-1);
  }

  #fairest(waiting: Sequence[]): Sequence | undefined {
    const lane = LANES.find((lane) => waiting.some((s) => s.lane === lane));
    const held = this.#held();
    // Thousands may wait: one look at each
    let best: Sequence | undefined;
    for (const s of waiting) {
      if (s.lane !== lane) continue;
      if (!best || (held(s.origin) - held(best.origin) || s.id - best.id) < 0) best = s;
    }
    return best;
  }

  /** How many slots each origin holds now. */
  #held(): (origin: string) => number {
    const counts = new Map<string, number>();
    for (const { origin } of this.#running()) counts.set(origin, (counts.get(origin) ?? 0) + 1);
    return (origin) => counts.get(origin) ?? 0;
  }

  #running(): Sequence[] {
    return [...this.#sequences].filter(({ slot }) => slot !== undefined);
  }

  /** Takes slot and pages away; what has been computed stays in the cache while there is room. */
  #keep(sequence: Sequence): void {
    this.grown(sequence);
    const { origin, tokens, pages, scheduled, isPrivate } = sequence;
    if (!isPrivate && this.#options.keepsTexts()) {
      // Past the known tokens lie guesses of steps in flight
      const positions = Math.min(scheduled, tokens.length);
      this.#options.pages.trim(pages, positions);
      this.#kept.keep(origin, adaptersKey(sequence), tokens.slice(0, positions), pages);
    }
    this.#release(sequence);
  }

  /** Takes slot and pages away for others to use. */
  #release(sequence: Sequence): void {
    this.#options.pages.give(sequence.pages);
    if (sequence.slot !== undefined) this.#freeSlots.push(sequence.slot);
    this.#speculations.get(sequence)?.settle();
    sequence.slot = undefined;
    sequence.scheduled = 0;
    sequence.epoch += 1;
  }
}

export function rowsOf(chunks: readonly Chunk[]): number {
  return chunks.reduce((sum, { rows }) => sum + rows, 0);
}

function inLaneOrder(sequences: Sequence[]): Sequence[] {
  return LANES.flatMap((lane) => sequences.filter((s) => s.lane === lane));
}
