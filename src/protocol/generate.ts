/** How the next token is chosen. Applied in this order: penalties, biases, temperature, top-k, top-p, min-p. */
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
  /** Added to the logits of these tokens, −100 to 100, in steps of 1/128; at most `MAX_BIASES` pairs of id and bias. */
  bias?: [id: number, bias: number][] | undefined;
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

/** A function that the model may call. `parameters` is a JSON schema, as JSON. */
export interface ToolFunction {
  name: string;
  description?: string | undefined;
  parameters: string;
  /** Arguments are held to the schema, or the call is refused with `not-supported`. */
  strict?: boolean;
}

/** A call that a model has made. `arguments` is a JSON object, as JSON. */
export interface FunctionCall {
  id: string;
  name: string;
  arguments: string;
}

export interface Message {
  role: 'system' | 'user' | 'assistant' | 'tool';
  content: string;
  /** An assistant's thoughts before its content, and the calls that it made after it. */
  reasoning?: string | undefined;
  toolCalls?: FunctionCall[] | undefined;
  /** Of a tool's message: the call that it answers. */
  toolCallId?: string | undefined;
  name?: string | undefined;
}

/** Which tools an answer calls: as the model sees fit, at least one, or that of a name. */
export type ToolChoice = 'auto' | 'required' | { name: string };

/** How much a model thinks before it answers. `on`: as much as it does by itself. */
export const REASONING_EFFORTS = ['off', 'low', 'medium', 'high', 'on'] as const;
export type ReasoningEffort = (typeof REASONING_EFFORTS)[number];

export type Prompt =
  | { kind: 'text'; text: string }
  | { kind: 'ids'; ids: number[] }
  /** The answer goes on from `answerStart`, which it does not repeat. */
  | {
      kind: 'messages';
      messages: Message[];
      answerStart?: string;
      /** Refused with `not-supported` where the model's template has no place for them. */
      tools?: ToolFunction[];
      /** As the model's template has it if absent. Refused where it cannot be told, unless it is `off`. */
      reasoning?: ReasoningEffort;
    };

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
  /** A smaller model of the same tokens, which guesses what comes. It changes nothing but the time. */
  draftModel?: string | undefined;
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
  /** Thoughts and calls of tools are told from the text, and come as `pieces`. */
  readsAnswer?: boolean;
  /** `auto` if absent. Followed, or refused with `not-supported`. */
  toolChoice?: ToolChoice;
  /** The answer ends before it calls more tools than that. */
  maxToolCalls?: number | undefined;
  /** Each token comes with its log-probability. */
  logprobs?: boolean;
  /** With `logprobs`: so many of the likeliest tokens come along with each, 20 at most. */
  topLogprobs?: number;
}

/** A piece of an answer that is read: of text, of thoughts, or of a call, whose name comes with its first piece. */
export type AnswerPiece =
  | { text: string }
  | { reasoning: string }
  | { toolCall: { index: number; id?: string; name?: string; argumentsDelta: string } };

/** What has come since the last part: text that is final, and the ids it came from (fewer parts than ids at speed). */
export interface GeneratePart {
  text: string;
  ids: number[];
  /** If the answer is read: all that has come, in its order, the text too. */
  pieces?: AnswerPiece[];
  /** If they were asked for: of each id. */
  logprobs?: TokenLogprob[];
}

/** A token's natural logarithm of its probability, under the model's logits as they came. */
export interface TokenLogprob {
  /** UTF-8; not always whole characters. */
  bytes: number[];
  logprob: number;
  /** If they were asked for: the likeliest in its place, which it need not be among. The likeliest first. */
  top?: { bytes: number[]; logprob: number }[];
}

export interface GenerateOutput {
  model: string;
  finishReason: 'stop' | 'length';
  /** That of the call's `stop` which ended it. */
  stop?: string | undefined;
  /** `reasoningTokens`: those of the completion that were thoughts, where the answer is read. */
  usage: {
    promptTokens: number;
    completionTokens: number;
    cachedTokens: number;
    reasoningTokens?: number;
  };
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
