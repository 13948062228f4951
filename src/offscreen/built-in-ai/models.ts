import type { Availability } from '../../protocol/built-in-ai.ts';
import type { EngineCalls } from '../../protocol/engine-calls.ts';
import { MAX_PROMPT_CHARS } from '../../protocol/limits.ts';
import type { ModelSummary } from '../../protocol/models.ts';
import type { GenerationDeps } from '../generation.ts';
import type { Conversation } from './turns.ts';
import { Refused } from './outcome.ts';

/** A token of common text is about four characters; what is so long that nothing could take it is not cut into tokens. */
const CHARS_PER_TOKEN = 4;

type Counted = EngineCalls['count']['input']['prompt'];

/** The user's default model, as these APIs see it: they have no way to name another. */
export class Models {
  readonly #around = new Map<string, number>();

  constructor(private readonly deps: GenerationDeps) {}

  /** `downloadable` on every machine until the user has said yes, so that it tells nothing. */
  async availability(): Promise<Availability> {
    const { page, consent, engine } = this.deps;
    if (!(await consent.models(page))) return 'downloadable';
    const id = await engine.defaultModel();
    const infos = await (await engine.client()).call('models', undefined);
    const info = infos.find((model) => model.id === id);
    if (!info || info.problem) return 'unavailable';
    if (info.state === 'ready') return 'available';
    return info.state === 'downloading' ? 'downloading' : 'downloadable';
  }

  /**
   * The model, ready to answer: the user is asked and it is downloaded if need be.
   * @param isActive the user has touched the page: without that nothing begins that may cost them something
   * @param onProgress told what part has been downloaded, 0 to 1, both included
   */
  async open(
    isActive: boolean,
    signal: AbortSignal,
    onProgress: (part: number) => void,
  ): Promise<ModelSummary> {
    const { page, consent, engine } = this.deps;
    const state = await this.availability();
    if (state === 'unavailable')
      throw new Refused('NotSupportedError', 'The user’s default model cannot be used on this machine.');
    if (state !== 'available' && !isActive)
      throw new Refused('NotAllowedError', 'Creating this needs a user gesture first.');

    onProgress(0);
    const [model] = await consent.request(page, [], signal, onProgress);
    onProgress(1);
    const summary = await (await engine.client()).call('load', { model: model! }, { signal });
    if (summary.dimensions !== undefined)
      throw new Refused('NotSupportedError', 'The user’s default model makes vectors of texts, not texts.');
    return summary;
  }

  /** The tokens of a conversation as the model is given it. */
  count(model: string, conversation: Conversation, signal: AbortSignal): Promise<number> {
    const { messages, answerStart = '' } = conversation;
    const texts = [...messages.map(({ content }) => content), answerStart];
    const prompt: Counted = { kind: 'messages', ...conversation };
    return this.#tokens(model, prompt, texts, signal);
  }

  /** The tokens that stand around the text of a single turn, and one to answer with. */
  async around(model: string, signal: AbortSignal): Promise<number> {
    const known = this.#around.get(model);
    if (known !== undefined) return known;
    const tokens = (await this.count(model, { messages: [{ role: 'user', content: '' }] }, signal)) + 1;
    this.#around.set(model, tokens);
    return tokens;
  }

  /** The tokens of texts with nothing around them, so that those of all of them are their sum. */
  measure(model: string, texts: string[], signal: AbortSignal): Promise<number> {
    return this.#tokens(model, { kind: 'texts', texts }, texts, signal);
  }

  async #tokens(model: string, prompt: Counted, texts: string[], signal: AbortSignal): Promise<number> {
    const chars = texts.reduce((sum, text) => sum + text.length, 0);
    if (chars === 0 && prompt.kind === 'texts') return 0;
    if (chars > MAX_PROMPT_CHARS) return Math.ceil(chars / CHARS_PER_TOKEN);

    const { page, consent, engine, slots } = this.deps;
    await consent.need(page, [model], signal);
    const client = await engine.client();
    // Cutting a long text into tokens is work as well
    const free = slots.take(page.origin);
    try {
      return (await client.call('count', { model, prompt }, { signal })).tokens;
    } finally {
      free();
    }
  }
}
