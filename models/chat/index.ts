import { Environment, parse, tokenize } from '@huggingface/jinja';
import { ModelError, unsupportedModel } from '../errors.ts';
import { plainChat } from './plain-chat.ts';
import { strftime } from './strftime.ts';
import { ELEMENT_SIZE, TemplateInterpreter, TooMuch } from './template-interpreter.ts';

export interface ChatMessage {
  role: string;
  content: string;
}

/** What a chat format asks of a tokenizer. */
export interface ChatTokens {
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  tokenText(id: number): string;
  idOf(tokenText: string): number | undefined;
}

export interface RenderOptions {
  tokenizer: ChatTokens;
  /** Ends with the beginning of the assistant's turn. */
  addGenerationPrompt?: boolean;
  /** Functions in OpenAI's shape. */
  tools?: readonly unknown[];
  /** Some templates write today's date. */
  now?: Date;
  clock?: () => number;
}

// The longest template in use is about 16,000 characters
const MAX_TEMPLATE_CHARS = 128 * 1024;
const MAX_SIZE = 8 * 2 ** 20;
const MAX_RENDER_MS = 2000;

/**
 * Writes a chat as the model's own template does, or, where the file has none, as `plainChat`. The text is to be
 * encoded with `parseSpecial`. Fails with a `ModelError`: `bad-input` if the template refuses the messages.
 */
export function renderChat(
  template: string | undefined,
  messages: readonly ChatMessage[],
  options: RenderOptions,
): string {
  if (template === undefined) return plainChat(messages, options);
  if (template.length > MAX_TEMPLATE_CHARS)
    throw unsupportedModel(
      `The model's chat template has ${template.length} characters, and Hearth runs templates of up to ${MAX_TEMPLATE_CHARS}.`,
    );
  // The library's search for tags takes the square of a run of white space
  if (/\s{1024}/.test(template))
    throw unsupportedModel(
      "The model's chat template has over a thousand characters of white space in a row.",
    );
  try {
    const program = parse(tokenize(template, { lstrip_blocks: true, trim_blocks: true }));
    const interpreter = new TemplateInterpreter(environment(messages, options), {
      clock: options.clock ?? (() => performance.now()),
      maxMs: MAX_RENDER_MS,
      maxSize: MAX_SIZE,
    });
    return String(interpreter.run(program).value);
  } catch (error) {
    throw refused(error);
  }
}

class Refusal extends Error {}

/** The names that Hugging Face gives to templates. */
function environment(
  messages: readonly ChatMessage[],
  { tokenizer, addGenerationPrompt = false, tools, now = new Date() }: RenderOptions,
): Environment {
  const special = (id: number | undefined) => (id === undefined ? '' : tokenizer.tokenText(id));
  const names: Record<string, unknown> = {
    messages,
    add_generation_prompt: addGenerationPrompt,
    bos_token: special(tokenizer.bosId),
    eos_token: special(tokenizer.eosId),
    tools: tools ?? null,
    documents: null,
    true: true,
    True: true,
    false: false,
    False: false,
    none: null,
    None: null,
    range,
    raise_exception: (message: unknown) => {
      throw new Refusal(String(message));
    },
    strftime_now: (format: unknown) => strftime(now, String(format)),
  };
  const environment = new Environment();
  for (const [name, value] of Object.entries(names)) environment.set(name, value);
  return environment;
}

/** Python's `range`. */
function range(first: number, second?: number | null, step?: number | null): number[] {
  const [start, stop, by] = [second == null ? 0 : first, second ?? first, step ?? 1];
  const length = Math.max(0, Math.ceil((stop - start) / by));
  if (!(length * ELEMENT_SIZE <= MAX_SIZE)) throw new TooMuch(`it counts to ${stop}`);
  return Array.from({ length }, (_, i) => start + i * by);
}

function refused(error: unknown): ModelError {
  const text = error instanceof Error ? error.message : String(error);
  // The file's author writes it: one line, and no more than fits a sentence
  const reason = text.replace(/[\s\p{Cc}]+/gu, ' ').slice(0, 200);
  if (error instanceof Refusal)
    return new ModelError('bad-input', `The model's chat template refuses these messages: ${reason}`);
  return new ModelError(
    error instanceof TooMuch ? 'unsupported-model' : 'bad-model',
    `The model's chat template cannot be run: ${reason}. Use a plain text prompt, or another version of the model.`,
    { cause: error },
  );
}
