import type { Content, ToolCall } from '../../protocol/built-in-ai.ts';
import * as idl from './webidl.ts';

/** Both spellings of the id are in use: the explainer's and Chromium's. */
const ID = { callID: idl.string, callId: idl.string };

function idOf({ callID, callId }: { callID?: string; callId?: string }): string {
  const id = callID ?? callId;
  if (id === undefined) throw new TypeError('A callID is needed.');
  return id;
}

const CallInit = idl.dictionary({ ...ID, name: idl.required(idl.string), arguments: idl.any });

export class LanguageModelToolCall {
  readonly #id: string;
  readonly #given: ReturnType<typeof CallInit>;

  constructor(init: unknown) {
    this.#given = CallInit(init, 'The tool call');
    this.#id = idOf(this.#given);
  }

  get callID(): string {
    return this.#id;
  }
  get callId(): string {
    return this.#id;
  }
  get name(): string {
    return this.#given.name;
  }
  get arguments(): unknown {
    return (this.#given.arguments ??= {});
  }
}

const Result = idl.dictionary({
  type: idl.required(idl.oneOf('text', 'image', 'audio', 'object')),
  value: idl.required(idl.any),
});
const SuccessInit = idl.dictionary({
  ...ID,
  name: idl.required(idl.string),
  result: idl.required(idl.sequence(Result)),
});

export class LanguageModelToolSuccess {
  readonly #id: string;
  readonly #given: ReturnType<typeof SuccessInit>;

  constructor(init: unknown) {
    this.#given = SuccessInit(init, 'The tool response');
    this.#id = idOf(this.#given);
    Object.freeze(this.#given.result);
  }

  get callID(): string {
    return this.#id;
  }
  get callId(): string {
    return this.#id;
  }
  get name(): string {
    return this.#given.name;
  }
  get result(): readonly { type: string; value: unknown }[] {
    return this.#given.result;
  }
}

const ErrorInit = idl.dictionary({
  ...ID,
  name: idl.required(idl.string),
  errorMessage: idl.required(idl.string),
});

export class LanguageModelToolError {
  readonly #id: string;
  readonly #given: ReturnType<typeof ErrorInit>;

  constructor(init: unknown) {
    this.#given = ErrorInit(init, 'The tool error');
    this.#id = idOf(this.#given);
  }

  get callID(): string {
    return this.#id;
  }
  get callId(): string {
    return this.#id;
  }
  get name(): string {
    return this.#given.name;
  }
  get errorMessage(): string {
    return this.#given.errorMessage;
  }
}

/** What a model said, for the author. */
export function toToolCall({ callID, name, arguments: json }: ToolCall): LanguageModelToolCall {
  return new LanguageModelToolCall({ callID, name, arguments: JSON.parse(json) });
}

export function callContent(value: unknown): Content {
  if (!(value instanceof LanguageModelToolCall))
    throw new TypeError('The value of a tool-call must be a LanguageModelToolCall.');
  const { callID, name, arguments: given } = value;
  if (!idl.isObject(given) || idl.isIterable(given)) throw dataError('Arguments must be an object.');
  return { type: 'tool-call', value: { callID, name, arguments: json(given) } };
}

export function responseContent(response: unknown): Content {
  if (response instanceof LanguageModelToolError) {
    const { callID, name, errorMessage } = response;
    return { type: 'tool-response', value: { callID, name, errorMessage } };
  }
  if (!(response instanceof LanguageModelToolSuccess))
    throw new TypeError(
      'The value of a tool-response must be a LanguageModelToolSuccess or a LanguageModelToolError.',
    );
  const values = response.result.map(({ type, value }) => {
    if (type === 'image' || type === 'audio')
      throw new DOMException(`Tools cannot give ${type}s here.`, 'NotSupportedError');
    if (type === 'object' && !isPlain(value)) throw dataError('The value is no plain object.');
    return json(value);
  });
  const result = values.length === 1 ? values[0]! : `[${values.join()}]`;
  return { type: 'tool-response', value: { callID: response.callID, name: response.name, result } };
}

/** Objects of the platform have data of their own that JSON would pass over. */
function isPlain(value: unknown): boolean {
  return /^\[object (Object|Array)\]$/.test(Object.prototype.toString.call(value));
}

function json(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    // Circles and bigints
  }
  if (text === undefined) throw dataError('The value cannot be written as JSON.');
  return text;
}

function dataError(message: string): DOMException {
  return new DOMException(message, 'DataError');
}
