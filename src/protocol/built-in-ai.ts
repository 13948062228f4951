import type { Constraint } from './generate.ts';

/**
 * The browser's built-in AI shape, as pages and the offscreen document speak of it. The page's side turns what
 * authors pass into these plain values, as WebIDL has it; what they mean is decided at the far end.
 * https://webmachinelearning.github.io/prompt-api/ and its siblings.
 */
export const BUILT_IN_APIS = [
  'language-model',
  'summarizer',
  'writer',
  'rewriter',
  'translator',
  'language-detector',
  'proofreader',
] as const;
export type BuiltInApi = (typeof BUILT_IN_APIS)[number];

export const AVAILABILITIES = ['unavailable', 'downloadable', 'downloading', 'available'] as const;
export type Availability = (typeof AVAILABILITIES)[number];

/** Who answers a site that uses these APIs in a browser that has its own. */
export const BUILT_IN_CHOICES = ['ask', 'own', 'hearth'] as const;
export type BuiltInChoice = (typeof BUILT_IN_CHOICES)[number];

export const SAMPLING_MODES = [
  'most-predictable',
  'predictable',
  'slightly-predictable',
  'balanced',
  'slightly-creative',
  'creative',
  'most-creative',
] as const;
export type SamplingMode = (typeof SAMPLING_MODES)[number];

/** What `LanguageModel.params()` tells. */
export const SAMPLING_PARAMS = {
  defaultTopK: 40,
  maxTopK: 128,
  defaultTemperature: 1,
  maxTemperature: 2,
} as const;

export const CONTENT_TYPES = ['text', 'image', 'audio', 'tool-call', 'tool-response'] as const;
export type ContentType = (typeof CONTENT_TYPES)[number];

export interface Expected {
  type: ContentType;
  /** Canonical BCP 47 tags. */
  languages?: string[];
}

/** `inputSchema` is JSON. */
export interface ToolDeclaration {
  name: string;
  description: string;
  inputSchema: string;
}

export interface LanguageModelOptions {
  topK?: number;
  temperature?: number;
  samplingMode?: SamplingMode;
  expectedInputs?: Expected[];
  expectedOutputs?: Expected[];
  tools?: ToolDeclaration[];
  /** Whether the page runs the tools by itself and nobody is told of the calls. */
  runsTools?: boolean;
}

/** `arguments` is JSON. */
export interface ToolCall {
  callID: string;
  name: string;
  arguments: string;
}

/** `result` is JSON. */
export type ToolResponse = { callID: string; name: string } & ({ result: string } | { errorMessage: string });

export type Content =
  | { type: 'text'; value: string }
  /** No model takes them yet, so that they are refused without being sent. */
  | { type: 'image' | 'audio' }
  | { type: 'tool-call'; value: ToolCall }
  | { type: 'tool-response'; value: ToolResponse };

export interface Turn {
  role: 'system' | 'user' | 'assistant';
  content: Content[];
  /** The answer goes on from this turn, which is the last. */
  prefix?: boolean;
}

/** Options of the other APIs, their defaults filled in and their languages canonical. */
export type TaskOptions = Record<string, string | boolean | string[] | undefined>;

/** An exception of the page's own realm: `TypeError`, `RangeError` or the name of a `DOMException`. */
export interface Refusal {
  name: string;
  message: string;
  /** Of a `QuotaExceededError`. */
  requested?: number;
  quota?: number;
}

export type Outcome<T> = { ok: true; value: T } | { ok: false; refusal: Refusal };

/** A session as it was made. Its page keeps it and sends it with each call, so that it outlives the engine. */
export interface Session<Options> {
  model: string;
  options: Options;
  /** Tokens that prompt and answer may have together. */
  contextWindow: number;
  /** Tokens of the initial prompts. */
  contextUsage: number;
}

export type LanguageModelSession = Session<
  LanguageModelOptions & { topK: number; temperature: number; samplingMode?: SamplingMode }
>;
export type TaskSession = Session<TaskOptions>;

export interface PromptInput {
  session: LanguageModelSession;
  /** What has been said, the initial prompts included. */
  history: Turn[];
  /** Tokens of the history. */
  contextUsage: number;
  turns: Turn[];
  constraint?: Constraint;
  /** Tells the model of the constraint in words as well. */
  describeConstraint?: boolean;
}

export type PromptPart =
  | { kind: 'text'; text: string }
  | { kind: 'tool-call'; call: ToolCall }
  | { kind: 'overflow' };

/** What a prompt or an append has made of a session. */
export interface SessionChange {
  contextUsage: number;
  /** Turns of the history that were given up for it, the oldest that are not the system's. */
  dropped: number;
}

export interface TaskInput {
  api: BuiltInApi;
  session: TaskSession;
  input: string;
  context: string;
}

export interface Detection {
  detectedLanguage: string;
  confidence: number;
}

export interface Proofread {
  correctedInput: string;
  corrections?: Correction[];
}

export interface Correction {
  startIndex: number;
  endIndex: number;
  correction: string;
  types?: ('spelling' | 'punctuation' | 'capitalization' | 'grammar')[];
  explanation?: string;
}

/** What a page calls for them: part of `PageCalls`. */
export interface BuiltInCalls {
  /**
   * Who answers, in a browser that has its own. Asks the user if it must and may. `unsure` if that hangs on what
   * the browser's own could do and the page, which alone can find out, has not said so.
   */
  whoAnswers: {
    input: { own?: Availability; mayAsk: boolean };
    part: never;
    output: 'own' | 'hearth' | 'unsure';
  };
  availability: {
    input:
      | { api: 'language-model'; options: LanguageModelOptions }
      | { api: Exclude<BuiltInApi, 'language-model'>; options: TaskOptions };
    part: never;
    output: Outcome<Availability>;
  };
  /** Parts are what has been downloaded, 0 to 1. `isActive`: the user has touched the page. */
  createLanguageModel: {
    input: { options: LanguageModelOptions; initialPrompts: Turn[]; isActive: boolean };
    part: number;
    output: Outcome<LanguageModelSession>;
  };
  createTask: {
    input: { api: BuiltInApi; options: TaskOptions; isActive: boolean };
    part: number;
    output: Outcome<TaskSession>;
  };
  prompt: { input: PromptInput; part: PromptPart; output: Outcome<SessionChange> };
  append: { input: PromptInput; part: never; output: Outcome<SessionChange> };
  measurePrompt: { input: PromptInput; part: never; output: Outcome<number> };
  /** Text comes in parts; what is not text is the outcome's value. */
  runTask: { input: TaskInput; part: string; output: Outcome<Detection[] | Proofread | undefined> };
  measureTask: { input: TaskInput; part: never; output: Outcome<number> };
}
