import type { Client } from '../channel/connect.ts';
import type { BackgroundCalls } from '../protocol/background-calls.ts';
import type { BuiltInChoice } from '../protocol/built-in-ai.ts';
import { HearthError } from '../protocol/errors.ts';
import { MAX_PAGES_PER_ORIGIN } from '../protocol/limits.ts';
import type { ModelInfo } from '../protocol/models.ts';
import type { Answer, Question } from '../protocol/screen-calls.ts';
import { SHARED_FILES } from '../protocol/shared-files.ts';
import { isOpaque, isRemembered, type Page } from './page.ts';
import type { Questions } from './questions.ts';

export interface ConsentDeps {
  background: Client<BackgroundCalls>['call'];
  questions: Questions;
  models(): Promise<ModelInfo[]>;
  /**
   * Resolves when the model is on this machine. Goes on if the page leaves: the user has agreed to it.
   * @param onProgress told what part of it has come, 0 to 1
   */
  download(model: string, onProgress: (part: number) => void): Promise<void>;
  defaultModel(): Promise<string>;
  /** Ends the running answers of an origin. */
  stop(origin: string): Promise<unknown>;
}

/** Which pages may use which models: what the user has said, and asking them when they have not. */
export class Consent {
  readonly #pages = new Set<Page>();
  readonly #keys = new WeakMap<Page, string>();
  #frames = 0;

  constructor(private readonly deps: ConsentDeps) {}

  /** False if so many pages of its origin are there that another is not taken. */
  join(page: Page): boolean {
    const same = [...this.#pages].filter(({ origin }) => origin === page.origin);
    if (same.length >= MAX_PAGES_PER_ORIGIN) return false;

    this.#pages.add(page);
    // Two frames without an origin are not the same site
    this.#keys.set(page, isOpaque(page) ? `null ${++this.#frames}` : page.origin);
    return true;
  }

  leave(page: Page): void {
    this.#pages.delete(page);
  }

  /** The models that the page may use, the user's default among them; undefined before the user has said yes. */
  async models(page: Page): Promise<string[] | undefined> {
    const models = await this.#granted(page);
    models.delete(SHARED_FILES);
    return models.size > 0 ? [...models.add(await this.deps.defaultModel())] : undefined;
  }

  /** Resolves once the page may use the files that sites share. Asks the user if need be. */
  async needFiles(page: Page, signal: AbortSignal): Promise<void> {
    if (!isRemembered(page))
      throw new HearthError(
        'not-allowed',
        'Pages in private windows and pages without an origin share no files with others.',
      );
    while (!(await this.#granted(page)).has(SHARED_FILES)) await this.#ask(page, [SHARED_FILES], signal);
  }

  /** Resolves with the models once the page may use all of them. Asks the user if need be. */
  async need(page: Page, models: string[], signal: AbortSignal): Promise<string[]> {
    const wanted = await this.#named(models);
    while (!(await this.#isAllowed(page, wanted))) await this.#ask(page, wanted, signal);
    return wanted;
  }

  /**
   * As `need`, and waits until the models are on this machine. Downloads nothing that the user has not just agreed to.
   * @param onProgress told what part of all that is missing has come, 0 to 1
   */
  async request(
    page: Page,
    models: string[],
    signal: AbortSignal,
    onProgress: (part: number) => void = () => {},
  ): Promise<string[]> {
    const wanted = await this.#named(models);
    const wasAllowed = await this.#isAllowed(page, wanted);
    await this.need(page, wanted, signal);

    const infos = await this.deps.models();
    const unknown = wanted.find((id) => !infos.some((info) => info.id === id));
    if (unknown)
      throw new HearthError('not-found', `There is no model named ${JSON.stringify(unknown)} here.`);
    const missing = infos.filter(({ id, state }) => wanted.includes(id) && state !== 'ready');
    if (missing.length > 0 && wasAllowed) {
      await this.#ask(page, wanted, signal);
      await this.need(page, wanted, signal);
    }
    for (const [i, { id }] of missing.entries())
      await this.deps.download(id, (part) => onProgress((i + part) / missing.length));
    return wanted;
  }

  /** As `need`, of one model that is about to be downloaded if it is not here: then the user has just agreed to it. */
  async needWithDownload(page: Page, model: string, signal: AbortSignal): Promise<void> {
    const wasAllowed = await this.#isAllowed(page, [model]);
    await this.need(page, [model], signal);
    const isHere = (await this.deps.models()).some(({ id, state }) => id === model && state === 'ready');
    if (isHere || !wasAllowed) return;
    await this.#ask(page, [model], signal);
    await this.need(page, [model], signal);
  }

  /** Who answers pages of this origin where the browser has an API itself. */
  async builtInChoice({ origin }: Page): Promise<BuiltInChoice> {
    return this.deps.background('builtInChoice', { origin });
  }

  /** Asks the user whether the browser or Hearth is to answer. Who lets Hearth answer lets the page use it. */
  async chooseBuiltIn(page: Page, signal: AbortSignal): Promise<'own' | 'hearth'> {
    if (await this.#isBlocked(page)) return 'own';
    const wanted = await this.#named([]);
    const answer = await this.#settle(page, wanted, signal, true);
    if (answer === 'dismiss')
      throw new HearthError('not-allowed', 'The user closed the question without an answer.');
    if (answer === 'own' && isRemembered(page))
      await this.deps.background('chooseBuiltIn', { origin: page.origin, choice: 'own' });
    return answer === 'own' || answer === 'block' ? 'own' : 'hearth';
  }

  /** The user has taken an origin's consent back: whatever its pages were granted, or have running, ends. */
  async revoke(origin: string): Promise<void> {
    this.#forget(origin);
    await this.deps.stop(origin);
  }

  #forget(origin: string): void {
    for (const page of this.#pages) {
      if (page.origin !== origin) continue;
      page.once.clear();
      page.remembered = undefined;
    }
  }

  /** Who names no model means the user's default. */
  async #named(models: string[]): Promise<string[]> {
    if (models.includes(SHARED_FILES))
      throw new HearthError('bad-input', `There is no model named ${JSON.stringify(SHARED_FILES)}.`);
    return models.length > 0 ? [...new Set(models)] : [await this.deps.defaultModel()];
  }

  /** All that the user has let the page use. */
  async #granted(page: Page): Promise<Set<string>> {
    return new Set([...((await this.#remembered(page))?.models ?? []), ...page.once]);
  }

  async #isAllowed(page: Page, wanted: string[]): Promise<boolean> {
    const allowed = await this.models(page);
    return wanted.every((model) => allowed?.includes(model));
  }

  async #isBlocked(page: Page): Promise<boolean> {
    return page.isBlocked || (await this.#remembered(page))?.decision === 'block';
  }

  async #ask(page: Page, wanted: string[], signal: AbortSignal): Promise<void> {
    if (await this.#isBlocked(page))
      throw new HearthError(
        'not-allowed',
        'The user has blocked this site. They can change that in Hearth’s options.',
      );
    const answer = await this.#settle(page, wanted, signal, false);
    if (answer === 'dismiss')
      throw new HearthError('not-allowed', 'The user closed the question without an answer.');
    if (answer === 'own')
      throw new HearthError('not-allowed', 'The user chose the browser’s own model for this site.');
  }

  /** The user's answer, after what it says about Hearth has been noted. */
  async #settle(page: Page, wanted: string[], signal: AbortSignal, hasOwn: boolean): Promise<Answer> {
    const wants = wanted.includes(SHARED_FILES) ? 'files' : 'models';
    const question = async (): Promise<Question> => ({
      origin: page.origin,
      isRemembered: isRemembered(page),
      hasOwn,
      wants,
      models: wants === 'files' ? [] : describe(wanted, await this.deps.models()),
    });
    // What waits for another answer of the same site would take it for its own
    const key = wants === 'files' ? `files ${this.#keys.get(page)}` : this.#keys.get(page)!;
    const answer = await this.deps.questions.ask(key, question, signal);
    if (signal.aborted) throw signal.reason;

    if (answer === 'once') for (const model of wanted) page.once.add(model);
    else if (answer === 'allow' || answer === 'block') await this.#remember(page, answer, wanted);
    return answer;
  }

  async #remember(page: Page, decision: 'allow' | 'block', models: string[]): Promise<void> {
    if (isRemembered(page)) {
      await this.deps.background('decide', { origin: page.origin, models, decision });
      if (decision === 'block') await this.revoke(page.origin);
      else this.#forget(page.origin);
    } else if (decision === 'block') page.isBlocked = true;
    else for (const model of models) page.once.add(model);
  }

  #remembered(page: Page): Page['remembered'] {
    if (isOpaque(page)) return undefined;
    if (!page.remembered) {
      const asked = this.deps.background('consent', { origin: page.origin });
      page.remembered = asked;
      asked.catch(() => (page.remembered = undefined));
    }
    return page.remembered;
  }
}

/** Names of models on the hub have an owner. */
const HUB_NAME = /^[\w.-]+\/[\w.-]+$/;

/**
 * A model that nobody here knows is shown by its id alone, and nobody is asked about it on a page's word: the page is not
 * told before the user has answered. One that the hub may have would come from there.
 */
function describe(ids: string[], infos: ModelInfo[]): Question['models'] {
  return ids.map((id) => {
    const info = infos.find((model) => model.id === id);
    return {
      id,
      name: info?.name ?? id,
      sizeBytes: info?.sizeBytes ?? 0,
      needsDownload: info ? info.state !== 'ready' : HUB_NAME.test(id),
      url: info ? info.url : HUB_NAME.test(id) ? `https://huggingface.co/${id}` : undefined,
      licence: info?.licence,
    };
  });
}
