/** A piece of what a model answers. Texts and reasonings that follow each other are one. */
export type AnswerPart =
  | { text: string }
  | { reasoning: string }
  | { toolCall: { index: number; id?: string; name?: string; argumentsDelta: string } };

/** A call as a model wrote it. */
export interface Call {
  name: string;
  id?: string;
  /** JSON, as far as the model kept to it. */
  arguments: string;
}

/** Takes an answer as it comes. What cannot be told yet waits for the next piece; nothing in an answer makes it fail. */
export interface AnswerReader {
  push(text: string): AnswerPart[];
  end(): AnswerPart[];
}

export interface ReaderOptions {
  /** The prompt, or its end: an answer to one that ends within a reasoning begins there. */
  prompt?: string;
  /** The functions that the model was given: a call of another is text. Without them, so is JSON that no mark says to be a call. */
  toolNames?: ReadonlySet<string>;
}

/**
 * How a family writes calls, for whoever has to make it write them: the arguments, a JSON object, stand between
 * `before` and `after`, which a reader of the family takes for a call.
 */
export interface CallSyntax {
  /** What no text but a call has; empty where calls are the whole of an answer and nothing marks them. */
  open: string;
  /** Before the first call, between two, and after the last. Without `between` there is one call. */
  begin: string;
  between?: string;
  end: string;
  before(name: string): string;
  after: string;
}

/** How the models of a family write. */
export interface AnswerFormat {
  name: string;
  /** Of which a template of the family has at least one; of a file without a template, its vocabulary. */
  clues: readonly string[];
  /** The texts of control tokens that `newReader` must see. */
  marks: readonly string[];
  newReader(options?: ReaderOptions): AnswerReader;
  /** By the template, since a family's versions differ. Without it nothing is known of how it calls. */
  calls?(template: string | undefined): CallSyntax;
  /** Thoughts before an answer, and what stands between them and the rest. */
  thoughts?: { open: string; close: string; next: string };
  /** What stands before each text of an answer, where a template has it. */
  text?: string;
}
