import type {
  ChainResult,
  PageChange,
  SamplerChange,
  StageChain,
  StageRow,
  StageStep,
} from '../../protocol/stage.ts';
import { draftTokens } from './draft-tokens.ts';

const MOST_DRAFTED = 7;
const FIRST_DRAFTED = 4;
/** After laps whose drafts were all wrong, this many laps go without. */
const REST_LAPS = 8;

export interface DraftingOptions {
  pageSize: number;
  maxRows: number;
  contextLength: number;
  /** Of a sequence's next token, that the lap was asked for: rows that rode along, and tokens they gave. */
  onDrafts(drafted: number, accepted: number): void;
}

/** What is known of a slot's sequence. */
interface Text {
  tokens: number[];
  /** By position, the token that a verified lap sampled after it, though nobody has asked yet. */
  verified: Map<number, number>;
  /** Penalties count tokens when they are sampled: guesses would be counted too. */
  isCounted: boolean;
  most: number;
  restingLaps: number;
}

/**
 * A chain whose laps are paid once for several tokens: beside a sequence's next row go rows for what may follow it, and
 * the last stage samples after each of them. Those guesses that it would have sampled itself stand, and their successors
 * are given when they are asked for, without a lap. Exact, since what is sampled depends on seed, position and text alone.
 */
export class Drafting implements StageChain {
  readonly #chain: StageChain;
  readonly #options: DraftingOptions;
  readonly #texts = new Map<number, Text>();
  /** Changes of steps that needed no lap: they go with the next. */
  #pages: PageChange[] = [];
  #samplers: SamplerChange[] = [];

  constructor(chain: StageChain, options: DraftingOptions) {
    this.#chain = chain;
    this.#options = options;
  }

  get depth(): number {
    return this.#chain.depth;
  }

  close(): void {
    this.#chain.close();
  }

  async run(step: StageStep): Promise<ChainResult> {
    for (const sampler of step.samplers) this.#texts.set(sampler.slot, textOf(sampler));
    for (const row of step.rows) this.#note(row);
    this.#pages.push(...step.pages);
    this.#samplers.push(...step.samplers);

    const known = step.rows.map((row) => (row.isOutput ? this.#take(row) : undefined));
    const asked = step.rows.filter((_, i) => known[i] === undefined);
    const drafts = this.#draft(asked, this.#options.maxRows - asked.length);
    const [ids, busyMs] = asked.length > 0 ? await this.#lap(step, asked, drafts) : [new Map(), 0];
    const outputs = step.rows.flatMap((row, i) => (row.isOutput ? [known[i] ?? ids.get(row)!] : []));
    return { ids: Uint32Array.from(outputs), busyMs };
  }

  /** One lap for `asked` and their drafts; the id after each row of `asked`. */
  async #lap(
    step: StageStep,
    asked: readonly StageRow[],
    drafts: ReadonlyMap<StageRow, StageRow[]>,
  ): Promise<[Map<StageRow, number>, number]> {
    const rows = asked.flatMap((row) => [row, ...(drafts.get(row) ?? [])]);
    const [pages, samplers] = [this.#pages, this.#samplers];
    [this.#pages, this.#samplers] = [[], []];
    const texts = new Map([...drafts.keys()].map((row) => [row, this.#texts.get(row.slot)!]));
    const result = await this.#chain.run({ lane: step.lane, pages, samplers, rows });

    const outputs = rows.filter(({ isOutput }) => isOutput);
    const ids = new Map(outputs.map((row, i) => [row, result.ids[i]!]));
    for (const [row, guesses] of drafts) {
      // The slot may have been given to another sequence meanwhile
      const text = texts.get(row)!;
      if (this.#texts.get(row.slot) === text) this.#verify(text, row, guesses, ids);
    }
    const { onDrafts } = this.#options;
    for (const row of asked) if (row.isOutput && !drafts.has(row)) onDrafts(0, 0);
    return [ids, result.busyMs];
  }

  #draft(asked: readonly StageRow[], room: number): Map<StageRow, StageRow[]> {
    const drafts = new Map<StageRow, StageRow[]>();
    const { pageSize, contextLength } = this.#options;
    for (const row of asked) {
      const text = this.#texts.get(row.slot);
      const isAlone = asked.filter(({ slot }) => slot === row.slot).length === 1;
      if (!row.isOutput || !isAlone || !text || text.isCounted || row.position + 1 !== text.tokens.length)
        continue;
      if (text.restingLaps > 0) {
        text.restingLaps--;
        continue;
      }
      // Only this row's page is surely the sequence's own
      const ownPositions = Math.min(
        pageSize - 1 - (row.position % pageSize),
        contextLength - 1 - row.position,
      );
      const most = Math.min(text.most, ownPositions, room);
      const guesses = most > 0 ? draftTokens(text.tokens, most) : [];
      if (guesses.length === 0) continue;
      room -= guesses.length;
      drafts.set(
        row,
        guesses.map((token, i) => ({
          token,
          position: row.position + 1 + i,
          slot: row.slot,
          isOutput: true,
        })),
      );
    }
    return drafts;
  }

  #verify(text: Text, row: StageRow, guesses: readonly StageRow[], ids: ReadonlyMap<StageRow, number>): void {
    let sampled = ids.get(row)!;
    let accepted = 0;
    for (const guess of guesses) {
      if (guess.token !== sampled) break;
      sampled = ids.get(guess)!;
      text.verified.set(guess.position, sampled);
      // Kept, so that the row that asks for it is known to be the same
      text.tokens[guess.position] = guess.token;
      accepted++;
    }
    text.most = Math.max(
      1,
      Math.min(MOST_DRAFTED, accepted === guesses.length ? text.most + 1 : accepted + 1),
    );
    if (accepted === 0) text.restingLaps = REST_LAPS;
    this.#options.onDrafts(guesses.length, accepted);
  }

  #note({ slot, position, token }: StageRow): void {
    const text = this.#texts.get(slot);
    if (!text || text.tokens[position] === token) return;
    text.tokens.length = Math.min(text.tokens.length, position);
    text.tokens[position] = token;
    for (const at of text.verified.keys()) if (at >= position) text.verified.delete(at);
  }

  /** What a verified lap has sampled after this row. */
  #take({ slot, position }: StageRow): number | undefined {
    const verified = this.#texts.get(slot)?.verified;
    const id = verified?.get(position);
    verified?.delete(position);
    return id;
  }
}

function textOf({ tokens, sampling }: SamplerChange): Text {
  const { repetitionPenalty, frequencyPenalty, presencePenalty } = sampling;
  return {
    tokens: [...tokens],
    verified: new Map(),
    isCounted: repetitionPenalty !== 1 || frequencyPenalty !== 0 || presencePenalty !== 0,
    most: FIRST_DRAFTED,
    restingLaps: 0,
  };
}
