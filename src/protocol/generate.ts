/** How the next token is chosen. Applied in this order: penalties, temperature, top-k, top-p, min-p. */
export interface SamplingOptions {
  /** 0 is greedy. */
  temperature: number;
  /** 0 keeps all. */
  topK: number;
  topP: number;
  minP: number;
  /** Divides positive and multiplies negative logits of every token of the context; 1 is none. */
  repetitionPenalty: number;
  /** OpenAI's two penalties, over the tokens of the answer so far. */
  frequencyPenalty: number;
  presencePenalty: number;
  /** 32 bits; the same seed, prompt and model give the same tokens on the same adapter. */
  seed: number;
}

/** The likeliest token each time. */
export const GREEDY: SamplingOptions = {
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
  seed: 0,
};

export interface Message {
  role: 'system' | 'user' | 'assistant' | 'tool';
  content: string;
}

export type Prompt =
  | { kind: 'text'; text: string }
  | { kind: 'ids'; ids: number[] }
  /** The answer goes on from `answerStart`, which it does not repeat. */
  | { kind: 'messages'; messages: Message[]; answerStart?: string };

/** What an answer may be, and nothing else. With an `answerStart` it holds for both together. */
export type Constraint =
  /** A JSON schema, as JSON. */
  | { kind: 'json-schema'; schema: string }
  /** Of ECMAScript, without flags; for the whole answer. */
  | { kind: 'regex'; pattern: string }
  | { kind: 'grammar'; ebnf: string }
  /** Any JSON. */
  | { kind: 'json' };

/** Each time the context is full, the older half of what lies behind its first tokens is forgotten. */
export interface ContextShift {
  /** The first tokens, which stay: half a context at most. */
  keepTokens: number;
}

export interface GenerateInput {
  /** A model id; the user's default model if absent. */
  model: string | undefined;
  prompt: Prompt;
  /** As many as the context holds if absent. */
  maxTokens: number | undefined;
  sampling: SamplingOptions;
  /** Generation ends before the first of these strings would appear. */
  stop: string[];
  /** How an answer goes on past the end of the context. If absent it ends there, with `length`. */
  shift?: ContextShift | undefined;
  /** Followed, or the call is refused with `not-supported`. */
  constraint?: Constraint;
}

/** What has come since the last part: text that is final, and the ids it came from (fewer parts than ids at speed). */
export interface GeneratePart {
  text: string;
  ids: number[];
}

export interface GenerateOutput {
  model: string;
  finishReason: 'stop' | 'length';
  usage: { promptTokens: number; completionTokens: number; cachedTokens: number };
  timings: Timings;
  /** Layers [first, end) on each machine, in their order, where an answer was computed by several. */
  stages?: readonly { machine: string; first: number; end: number }[];
}

/** Milliseconds, as the engine saw them. */
export interface Timings {
  queuedMs: number;
  prefillMs: number;
  decodeMs: number;
}

/** Interactive before bulk before guest. */
export type Lane = 'interactive' | 'bulk' | 'guest';
