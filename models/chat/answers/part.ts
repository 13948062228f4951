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
  /** The functions that the model was given. Without them, JSON that no mark says to be a call is text. */
  toolNames?: ReadonlySet<string>;
}

/** How the models of a family write. */
export interface AnswerFormat {
  name: string;
  /** Of which a template of the family has at least one; of a file without a template, its vocabulary. */
  clues: readonly string[];
  /** The texts of control tokens that `newReader` must see. */
  marks: readonly string[];
  newReader(options?: ReaderOptions): AnswerReader;
}
