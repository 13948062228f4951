import { toFailure } from '../protocol/errors.ts';
import type { Message } from '../protocol/generate.ts';
import { engine } from './engine.ts';

type Options = Record<string, unknown>;
type Chunk = { choices: { delta: { content?: string } }[] };

/** The browser's own defaults are not told before `create`; these are common ones. */
const DEFAULTS = { temperature: 1, topK: 40 };

const secret = Symbol('made by create');

/** The Prompt API's core, for browsers that have none. https://webmachinelearning.github.io/prompt-api/ */
export function makeLanguageModel(): unknown {
  return LanguageModel;
}

class LanguageModel {
  readonly #destroyed = new AbortController();
  #turns: Message[];
  /** Prompts of one session wait for each other: each answers to all before it. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    key: unknown,
    initial: Message[],
    readonly temperature: number,
    readonly topK: number,
    signal?: AbortSignal,
  ) {
    if (key !== secret) throw new TypeError('Illegal constructor: use LanguageModel.create().');
    this.#turns = initial;
    signal?.addEventListener('abort', () => this.#destroyed.abort(signal.reason));
  }

  static async availability(options: unknown = {}): Promise<string> {
    const wanted = optionsOf(options);
    parseNumbers(wanted);
    if (!isTextOnly(wanted)) return 'unavailable';
    return (await engine()).call('availability', undefined);
  }

  static async create(options: unknown = {}): Promise<LanguageModel> {
    const wanted = optionsOf(options);
    const signal = signalOf(wanted);
    const { temperature, topK } = parseNumbers(wanted);
    const initial = parseTurns(wanted.initialPrompts ?? [], true);
    if (!isTextOnly(wanted)) throw new DOMException('Only text goes in and out.', 'NotSupportedError');

    const client = await engine();
    try {
      // As the specification asks: what may cost the user something begins with a gesture of theirs
      if ((await client.call('availability', undefined, { signal })) !== 'available') {
        if (!navigator.userActivation.hasBeenActive)
          throw new DOMException('Creating a session needs a user gesture first.', 'NotAllowedError');
        await client.call('request', { models: [] }, { signal });
      }
    } catch (error) {
      throw toDomException(error, signal);
    }
    return new LanguageModel(secret, initial, temperature, topK, signal);
  }

  async prompt(input: unknown, options: unknown = {}): Promise<string> {
    let text = '';
    for await (const piece of this.#answer(input, options)) text += piece;
    return text;
  }

  promptStreaming(input: unknown, options: unknown = {}): ReadableStream<string> {
    const pieces = this.#answer(input, options);
    return new ReadableStream({
      async pull(controller) {
        const { done, value } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await pieces.return(undefined);
      },
    });
  }

  destroy(): void {
    this.#destroyed.abort(new DOMException('The session was destroyed.', 'AbortError'));
  }

  #answer(input: unknown, options: unknown): AsyncGenerator<string, void, undefined> {
    const wanted = optionsOf(options);
    if (wanted.responseConstraint !== undefined)
      throw new DOMException('A responseConstraint cannot be followed yet.', 'NotSupportedError');
    const own = signalOf(wanted);
    const signal = own ? AbortSignal.any([own, this.#destroyed.signal]) : this.#destroyed.signal;
    signal.throwIfAborted();
    const turns = parseTurns(input, this.#turns.length === 0);
    return this.#generate(turns, signal);
  }

  async *#generate(turns: Message[], signal: AbortSignal): AsyncGenerator<string, void, undefined> {
    const before = this.#last;
    let finish = () => {};
    this.#last = new Promise<void>((resolve) => (finish = resolve));
    try {
      await before;
      const messages = [...this.#turns, ...turns];
      const chunks = (await engine()).stream(
        'chat',
        { messages, temperature: this.temperature, top_k: this.topK, stream: true },
        { signal },
      );
      let answer = '';
      for await (const chunk of chunks) {
        const { content } = (chunk as Chunk).choices[0]!.delta;
        if (!content) continue;
        answer += content;
        yield content;
      }
      this.#turns = [...messages, { role: 'assistant', content: answer }];
    } catch (error) {
      throw toDomException(error, signal);
    } finally {
      finish();
    }
  }
}

function optionsOf(options: unknown): Options {
  if (typeof options !== 'object' || options === null) throw new TypeError('The options must be an object.');
  return options as Options;
}

function signalOf({ signal }: Options): AbortSignal | undefined {
  if (signal === undefined) return undefined;
  if (!(signal instanceof AbortSignal)) throw new TypeError('The signal must be an AbortSignal.');
  signal.throwIfAborted();
  return signal;
}

function parseNumbers(options: Options): { temperature: number; topK: number } {
  if ((options.temperature === undefined) !== (options.topK === undefined))
    throw new DOMException('Give both temperature and topK, or neither.', 'NotSupportedError');
  const temperature = Number(options.temperature ?? DEFAULTS.temperature);
  const topK = Math.floor(Number(options.topK ?? DEFAULTS.topK));
  if (!(temperature >= 0)) throw new RangeError('The temperature must be 0 or more.');
  if (!(topK >= 1)) throw new RangeError('topK must be 1 or more.');
  return { temperature: Math.min(2, temperature), topK: Math.min(topK, 2 ** 31) };
}

function isTextOnly(options: Options): boolean {
  return ['expectedInputs', 'expectedOutputs'].every((field) =>
    ((options[field] ?? []) as { type?: unknown }[]).every(({ type }) => type === 'text'),
  );
}

/** A string is a turn of the user; a system turn may only stand first. */
function parseTurns(input: unknown, isStart: boolean): Message[] {
  if (!Array.isArray(input)) return [{ role: 'user', content: String(input) }];
  return input.map((value, i) => {
    const { role, content, prefix } = optionsOf(value);
    if (role !== 'user' && role !== 'assistant' && role !== 'system')
      throw new TypeError('A role is one of system, user and assistant.');
    if (role === 'system' && (i > 0 || !isStart))
      throw new TypeError('The system prompt comes first, and once.');
    if (prefix) throw new DOMException('A prefix cannot be continued yet.', 'NotSupportedError');
    return { role, content: textOf(content) };
  });
}

function textOf(content: unknown): string {
  if (!Array.isArray(content)) return String(content);
  return content
    .map((value) => {
      const { type, value: text } = optionsOf(value);
      if (type !== 'text') throw new DOMException('Only text is understood.', 'NotSupportedError');
      return String(text);
    })
    .join('');
}

/** The names that the specification gives to the same failures. */
function toDomException(error: unknown, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof DOMException) return error;
  const { code, message } = toFailure(error);
  const names: Partial<Record<typeof code, string>> = {
    'not-allowed': 'NotAllowedError',
    'too-long': 'QuotaExceededError',
  };
  return new DOMException(message, names[code] ?? 'OperationError');
}
