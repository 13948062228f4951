import type { Hold } from '../constrain/hold.ts';
import type { HeldPages } from '../cache/pages.ts';
import type { Drafts } from '../speculate/drafts.ts';
import type { Speculates } from '../speculate/speculation.ts';
import { GREEDY, type Lane, type SamplingOptions } from '../../protocol/generate.ts';

/** One answer being made: its tokens, where its KV lies, and how far the steps have come. */
export interface Sequence {
  readonly id: number;
  readonly origin: string;
  readonly lane: Lane;
  /** Neither starts from what others of its origin left in the cache, nor leaves anything there. */
  readonly isPrivate?: boolean | undefined;
  sampling: SamplingOptions;
  /** How many of the likeliest tokens come back beside each; none if absent. */
  readonly likeliest?: number | undefined;
  /** What it is held to; nothing if absent. */
  readonly hold?: Hold | undefined;
  /** What is added to the model for it; nothing if absent. */
  readonly adapters?: readonly AdapterUse[] | undefined;
  /** Whether its text is guessed ahead; when that pays if absent. */
  readonly speculates?: Speculates | undefined;
  /** Says what its text may go on with. */
  readonly drafts?: Drafts | undefined;
  /** Tokens of the prompt, which come first. */
  promptLength: number;
  /** Prompt and answer together never pass this. */
  maxLength: number;
  /** The prompt and what has been read of the answer: enough to build everything else again. */
  readonly tokens: number[];
  /** Positions handed to a step so far. Past `tokens.length` it runs on tokens that only the GPU knows yet. */
  scheduled: number;
  /** Counts the times that `scheduled` went back to 0; results of an earlier epoch are dropped. */
  epoch: number;
  /** Index into page tables and samplers while it runs. */
  slot: number | undefined;
  readonly pages: HeldPages;
  /** Positions that were in the cache when it first took a slot. */
  cachedTokens: number | undefined;
  /** The reader is slow: no new tokens until it has caught up. */
  isPaused: boolean;
  isDone: boolean;
}

/** An adapter, and how much of it. */
export interface AdapterUse {
  id: string;
  scale: number;
}

/** What computes the text: keys and values of one text are those of another only if this is the same. */
export function adaptersKey({ adapters = [] }: Pick<Sequence, 'adapters'>): string {
  return adapters.map(({ id, scale }) => `${id} ${scale}`).join();
}

/** Whether what is sampled depends on how often each token was. */
export function hasPenalties({
  repetitionPenalty,
  frequencyPenalty,
  presencePenalty,
}: SamplingOptions): boolean {
  return repetitionPenalty !== 1 || frequencyPenalty !== 0 || presencePenalty !== 0;
}

/** Tokens sampled on the GPU that have not been read yet. */
export function tokensAhead({ scheduled, tokens }: Sequence): number {
  return Math.max(0, scheduled - tokens.length + 1);
}

/** True while more than the next step's token is known: these positions can be computed side by side. */
export function isPrefilling({ scheduled, tokens }: Sequence): boolean {
  return tokens.length - scheduled > 1;
}

/** True while it is asked for more tokens, each from the one before. */
export function isDecoding(sequence: Sequence): boolean {
  return !isPrefilling(sequence) && sequence.scheduled < sequence.maxLength - 1;
}

/** A sequence in slot 0, for who runs one alone. */
export function soloSequence(ids: readonly number[], adapters?: readonly AdapterUse[]): Sequence {
  return {
    id: 0,
    origin: '',
    lane: 'interactive',
    adapters,
    sampling: GREEDY,
    promptLength: ids.length,
    maxLength: ids.length,
    tokens: [...ids],
    scheduled: 0,
    epoch: 0,
    slot: 0,
    pages: [],
    cachedTokens: undefined,
    isPaused: false,
    isDone: false,
  };
}
