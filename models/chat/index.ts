import { ModelError, unsupportedModel } from '../errors.ts';
import { builtInChat } from './built-in-chat.ts';
import { type Bounds, renderTemplate, TooMuch } from './jinja/index.ts';
import { strftime } from './strftime.ts';

/** A message in OpenAI's shape, as far as templates read it; they may ask for more than is named here. */
export interface ChatMessage {
  role: string;
  content?: string | null | readonly unknown[];
  reasoning_content?: string;
  /** `arguments` are an object here: templates write them as JSON themselves. */
  tool_calls?: readonly unknown[];
  tool_call_id?: string;
  name?: string;
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
  /** What a template lets one choose, such as `enable_thinking`. */
  choices?: Readonly<Record<string, unknown>>;
  /** Some templates write today's date. */
  now?: Date;
  clock?: () => number;
}

// The longest template in use is about 16,000 characters
const MAX_TEMPLATE_CHARS = 128 * 1024;
const MAX_SIZE = 8 * 2 ** 20;
const MAX_RENDER_MS = 2000;

/**
 * Writes a chat as the model's own template does, or, where the file has none, in the format of the vocabulary's
 * tokens. The text is to be encoded with `parseSpecial`. Fails with a `ModelError`: `bad-input` if the template
 * refuses the messages.
 */
export function renderChat(
  template: string | undefined,
  messages: readonly ChatMessage[],
  options: RenderOptions,
): string {
  if (template === undefined) return builtInChat(messages, options);
  if (template.length > MAX_TEMPLATE_CHARS)
    throw unsupportedModel(
      `The model's chat template has ${template.length} characters, and Hearth runs templates of up to ${MAX_TEMPLATE_CHARS}.`,
    );
  const clock = options.clock ?? (() => performance.now());
  const bounds: Bounds = { clock, maxMs: MAX_RENDER_MS, maxSize: MAX_SIZE };
  try {
    return renderTemplate(template, names(messages, options), bounds);
  } catch (error) {
    throw refused(error);
  }
}

class Refusal extends Error {}

/** The names that Hugging Face gives to templates. */
function names(
  messages: readonly ChatMessage[],
  { tokenizer, addGenerationPrompt = false, tools, choices, now = new Date() }: RenderOptions,
): Record<string, unknown> {
  const special = (id: number | undefined) => (id === undefined ? '' : tokenizer.tokenText(id));
  return {
    bos_token: special(tokenizer.bosId),
    eos_token: special(tokenizer.eosId),
    ...choices,
    messages,
    add_generation_prompt: addGenerationPrompt,
    tools: tools ?? null,
    documents: choices?.documents ?? null,
    raise_exception: ([message]: readonly unknown[]) => {
      throw new Refusal(String(message));
    },
    strftime_now: ([format]: readonly unknown[]) => strftime(now, String(format)),
  };
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
