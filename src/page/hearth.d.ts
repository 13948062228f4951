// Types of `window.hearth`, for page authors. Copy this file into your project, or refer to it:
// /// <reference path="hearth.d.ts" />

/** `window.hearth` is there, before any script of the page, where Hearth is installed. */
export interface Hearth {
  /** Resolves once the page is connected to the engine. Nothing is started before you read this or call something. */
  readonly ready: Promise<void>;
  /**
   * Asks the user whether this site may use these models (the user's default model if none is named) and waits
   * until they are on the machine. Resolves at once if the user has said yes before; rejects with `not-allowed`.
   */
  request(options?: { models?: string[] }): Promise<{ models: string[] }>;
  models: {
    /** The models that this site may use. Rejects with `not-allowed` before the user has said yes. */
    list(): Promise<ModelList>;
  };
  chat: { completions: Create<ChatRequest, ChatCompletion, ChatCompletionChunk> };
  completions: Create<CompletionRequest, Completion, Completion>;
  /**
   * Vectors of texts, by a model whose `embeddings` is true in `models.list()`. Asks the user first, if they have not
   * answered. `signal` stops it at once.
   */
  embed(request: EmbedRequest, options?: { signal?: AbortSignal }): Promise<Embeddings>;
  /**
   * As Transformers.js's `pipeline`, computed by the engine that all pages share: `const classify = await
   * hearth.pipeline('text-classification')`, then `await classify('What a day!')`. Asks the user first, if they have not
   * answered, and downloads the model if it is not here.
   */
  pipeline(task: string, model?: string | null, options?: PipelineOptions): Promise<Pipeline>;
  mesh: {
    /**
     * The room of machines that this one is in: `machines` of them, of which `sharing` others compute for this one if
     * `mayUse`. `recent`: where this site's last answers were computed, and why there, newest first.
     */
    status(): Promise<{
      machines: number;
      sharing: number;
      mayUse: boolean;
      recent: { model: string; where: WhereItRan; why: string }[];
    }>;
  };
  /**
   * A `fetch` that serves OpenAI's `…/v1/chat/completions`, `…/v1/completions`, `…/v1/responses`, `…/v1/embeddings`, `…/v1/audio/transcriptions`, `…/v1/audio/translations` and `…/v1/models`, and
   * Anthropic's `…/v1/messages` and `…/v1/messages/count_tokens`, from this machine, with JSON and server-sent events: `new OpenAI({ baseURL: 'https://hearth.local/v1', apiKey: 'none', fetch: hearth.fetch, dangerouslyAllowBrowser: true })`.
   * It never goes to the network.
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
}

type WhereItRan = 'this machine' | 'one machine of the room' | 'several machines of the room';

interface Create<Request, Whole, Chunk> {
  /** Asks the user first, if they have not answered. `signal` stops the answer and frees its place at once. */
  create(
    request: Request & { stream: true },
    options?: { signal?: AbortSignal },
  ): Promise<AsyncIterable<Chunk>>;
  create(request: Request & { stream?: false | null }, options?: { signal?: AbortSignal }): Promise<Whole>;
}

/** Numbers out of their range, unknown fields and fields of the wrong type are refused with `bad-input`. */
export interface SamplingFields {
  /** An id of `models.list()`; the user's default model if absent. */
  model?: string | null;
  /** 0 (always the likeliest token) to 2; 1 if absent. */
  temperature?: number | null;
  top_p?: number | null;
  top_k?: number | null;
  min_p?: number | null;
  /** −2 to 2. */
  frequency_penalty?: number | null;
  presence_penalty?: number | null;
  /** 1 is none. */
  repetition_penalty?: number | null;
  /** The same seed gives the same answer on the same machine; a new one each time if absent. */
  seed?: number | null;
  max_tokens?: number | null;
  max_completion_tokens?: number | null;
  /**
   * Lets the answer go on past the end of the context: each time it is full, the older half of what lies behind so many
   * first tokens is forgotten. At most half of the context. If absent, the answer ends there, with `length`.
   */
  keep_tokens?: number | null;
  /** A smaller installed model of the same tokens, which guesses ahead. It changes nothing but the time. */
  draft_model?: string | null;
  /** Added to the logits of these token ids, −100 to 100. */
  logit_bias?: Record<string, number> | null;
  /** Answers to choose from, 16 at most. */
  n?: number | null;
  /** The answer ends before any of these would appear. */
  stop?: string | string[] | null;
  stream_options?: { include_usage?: boolean } | null;
  /** Adds `token_ids` to each choice. */
  return_token_ids?: boolean | null;
  signal?: AbortSignal;
}

export interface ChatRequest extends SamplingFields {
  messages: ChatMessage[];
  /** Functions that the model may call, where it was taught to. */
  tools?: Tool[] | null;
  tool_choice?: 'auto' | 'none' | 'required' | { type: 'function'; function: { name: string } } | null;
  parallel_tool_calls?: boolean | null;
  response_format?:
    | { type: 'text' | 'json_object' }
    | { type: 'json_schema'; json_schema: { name: string; schema: object; strict?: boolean | null } }
    | null;
  reasoning_effort?: 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | null;
  /** Adds the log-probability of each token, by the model's own numbers: before temperature, penalties, filters and what the answer is held to. */
  logprobs?: boolean | null;
  /** With `logprobs`: so many of the likeliest tokens along with each, 0 to 20. */
  top_logprobs?: number | null;
}

export interface Tool {
  type: 'function';
  function: { name: string; description?: string; parameters?: object; strict?: boolean | null };
}

export interface ToolCall {
  id: string;
  type: 'function';
  /** `arguments` is JSON. */
  function: { name: string; arguments: string };
}

type Content = string | { type: 'text'; text: string }[];

export type ChatMessage =
  | { role: 'system' | 'developer' | 'user'; content: Content; name?: string }
  | {
      role: 'assistant';
      content?: Content | null;
      /** What the model thought before. */
      reasoning_content?: string | null;
      tool_calls?: ToolCall[] | null;
      name?: string;
    }
  | { role: 'tool'; content: Content; tool_call_id: string };

export interface CompletionRequest extends SamplingFields {
  /** Text, or the model's own token ids, or several of either. `max_tokens` is 16 if absent. */
  prompt: string | number[] | string[] | number[][];
  /** The answer begins with the prompt, which has to be text. */
  echo?: boolean | null;
  /** Answers that are made, of which the `n` likeliest come back. */
  best_of?: number | null;
  /** Adds the log-probability of each token, and so many of the likeliest along with it. */
  logprobs?: 0 | 1 | 2 | 3 | 4 | 5 | null;
}

export interface EmbedRequest {
  /** An id of `models.list()`; the user's default model if absent, which mostly writes text and makes no vectors. */
  model?: string | null;
  /** One text or up to 2048, or the model's own token ids of each. A text longer than the model reads is refused. */
  input: string | string[] | number[] | number[][];
  /** Only the first so many values of each vector, of models that were made for it. */
  dimensions?: number | null;
  /** Whether vectors are scaled to a length of 1; true if absent. */
  normalise?: boolean | null;
  /** Called now and then. */
  onProgress?(progress: { doneTexts: number; texts: number }): void;
  signal?: AbortSignal;
}

export interface Embeddings {
  model: string;
  /** One of each input, in order. */
  vectors: Float32Array[];
  usage: { prompt_tokens: number; total_tokens: number };
}

export interface PipelineOptions {
  /** The weights' number format; if absent, the first of q8, fp32, fp16 and smaller ones that the model has. */
  dtype?: 'fp32' | 'fp16' | 'q8' | 'int8' | 'uint8' | 'q4' | 'q4f16' | 'bnb4';
  /** If absent, whichever is found faster for this model on this machine. */
  device?: 'wasm' | 'webgpu';
  progress_callback?(progress: PipelineProgress): void;
  signal?: AbortSignal;
}

export type PipelineProgress =
  | { kind: 'download'; model: string; receivedBytes: number; sizeBytes: number; bytesPerSecond: number }
  | { kind: 'load'; model: string; backend: 'webgpu' | 'wasm' };

/**
 * Takes what Transformers.js's pipeline of that task takes, and resolves to what that does: plain objects, with tensors
 * as `{ type, dims, data, tolist() }` and images as `{ width, height, channels, data }`. Images go in as Blob, ImageBitmap,
 * ImageData, element or address; audio as Blob, ArrayBuffer, AudioBuffer, address, `Float32Array` at 16 kHz or `{ audio, sampling_rate }`. The last argument may have a `signal`, and a `callback_function` for what is known early.
 */
export interface Pipeline {
  // biome-ignore lint/suspicious/noExplicitAny: what comes back differs by task
  (input: unknown, ...args: unknown[]): Promise<any>;
  readonly task: string;
  readonly model: string;
  /** Does nothing: the model is everybody's, and leaves the memory when something else needs the room. */
  dispose(): Promise<void>;
}

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details: { cached_tokens: number };
  completion_tokens_details: { reasoning_tokens: number };
  /** Layers [first, end) on each machine, in their order; empty where this one computed all. */
  hearth: { where: WhereItRan; stages: { first: number; end: number }[] };
}

/** Milliseconds, as the engine saw them. */
export interface Timings {
  queued_ms: number;
  prefill_ms: number;
  decode_ms: number;
}

export type FinishReason = 'stop' | 'length' | 'tool_calls';

/** `token` is what `bytes` come to by themselves: of half a character, a replacement character. */
export interface TokenLogprob {
  token: string;
  logprob: number;
  bytes: number[];
}

/** Of each token of an answer. */
export interface Logprobs {
  content: (TokenLogprob & { top_logprobs: TokenLogprob[] })[];
  refusal: null;
}

export interface ChatCompletion {
  id: string;
  object: 'chat.completion';
  /** Seconds since 1970. */
  created: number;
  model: string;
  choices: {
    index: number;
    message: {
      role: 'assistant';
      /** Null where there are calls and no text. */
      content: string | null;
      refusal: null;
      /** What the model thought before, where it did. */
      reasoning_content?: string;
      tool_calls?: ToolCall[];
    };
    logprobs: Logprobs | null;
    finish_reason: FinishReason;
    token_ids?: number[];
  }[];
  usage: Usage;
  timings: Timings;
}

export interface ChatCompletionChunk {
  id: string;
  object: 'chat.completion.chunk';
  created: number;
  model: string;
  /** Empty in the last chunk if `stream_options.include_usage` is true. */
  choices: {
    index: number;
    delta: {
      role?: 'assistant';
      content?: string;
      reasoning_content?: string;
      /** Id, type and name come with a call's first piece. */
      tool_calls?: {
        index: number;
        id?: string;
        type?: 'function';
        function: { name?: string; arguments: string };
      }[];
    };
    logprobs: Logprobs | null;
    finish_reason: FinishReason | null;
    token_ids?: number[];
  }[];
  /** In the last chunk. */
  usage?: Usage | null;
  timings?: Timings;
}

export interface Completion {
  id: string;
  object: 'text_completion';
  created: number;
  model: string;
  choices: {
    index: number;
    text: string;
    logprobs: {
      tokens: string[];
      token_logprobs: number[];
      /** Log-probabilities by the tokens' texts, those of half characters as `bytes:\xe2`. */
      top_logprobs: Record<string, number>[];
      text_offset: number[];
    } | null;
    finish_reason: FinishReason | null;
    token_ids?: number[];
  }[];
  usage?: Usage | null;
  timings?: Timings;
}

export interface ModelList {
  object: 'list';
  data: ModelEntry[];
}

export interface ModelEntry {
  id: string;
  object: 'model';
  created: number;
  owned_by: string;
  name: string;
  /** Tokens that prompt and answer may have together. */
  context_length: number;
  /** `wasm` where there is no usable GPU: the same answers, slower. */
  backend: 'webgpu' | 'wasm';
  /** False for models that only continue text, or make embeddings. */
  chat: boolean;
  /** True for models that make vectors of texts, and write none. They need a GPU: on `wasm` they are refused. */
  embeddings: boolean;
  /** Values of such a vector; null for models that write text. */
  dimensions: number | null;
}

/** Every failure has a stable `code` and a sentence for people. Aborts reject with the signal's reason instead. */
export interface HearthError extends Error {
  readonly name: 'HearthError';
  readonly code: HearthErrorCode;
}

export type HearthErrorCode =
  | 'bad-input'
  | 'bad-model'
  | 'busy'
  | 'cancelled'
  | 'device-lost'
  | 'gone'
  | 'internal'
  | 'no-device'
  | 'not-allowed'
  | 'not-found'
  | 'not-supported'
  | 'offline'
  | 'out-of-memory'
  | 'quota'
  | 'too-long'
  | 'unknown-call'
  | 'unsupported-model';

declare global {
  interface Window {
    readonly hearth?: Hearth;
  }
  var hearth: Hearth | undefined;
}
