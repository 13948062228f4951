export type ModelErrorCode = 'bad-model' | 'unsupported-model' | 'bad-input';

/**
 * A model file that cannot be used. `bad-model`: the file is damaged or contradicts itself.
 * `unsupported-model`: the file is sound, but asks for something that Hearth does not know. `bad-input`: the
 * model's chat template refuses what it was given.
 */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly code: ModelErrorCode;

  constructor(code: ModelErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export function badModel(message: string): ModelError {
  return new ModelError('bad-model', message);
}

export function unsupportedModel(message: string): ModelError {
  return new ModelError('unsupported-model', message);
}

/** A string from a file, made fit to stand in a sentence: quoted, short, without control characters. */
export function quoted(text: string): string {
  const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return JSON.stringify(shown);
}
