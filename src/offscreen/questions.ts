import { type Deferred, deferred } from '../channel/deferred.ts';
import { HearthError } from '../protocol/errors.ts';
import { MAX_DISMISSALS, MAX_QUESTIONS } from '../protocol/limits.ts';
import type { Answer, Question } from '../protocol/screen-calls.ts';

/** A window that has not shown its question by then was closed before it could. */
const SHOWN_WITHIN_MS = 60_000;

export interface QuestionsDeps {
  /** Opens the prompt window for a question. */
  openPrompt(id: string): Promise<void>;
  closePrompt(id: string): Promise<void>;
  wait(ms: number): Promise<void>;
  newId(): string;
}

interface Waiting {
  key: string;
  question: Question;
  answered: Deferred<Answer>;
  askers: number;
  isShown: boolean;
}

/** The questions that wait for the user: one at a time for each asker's key, however many ask. */
export class Questions {
  readonly #waiting = new Map<string, Waiting>();
  readonly #dismissals = new Map<string, number>();

  constructor(private readonly deps: QuestionsDeps) {}

  /**
   * The user's answer. Who asks while the same key's question is open waits for that one.
   * @param key the site, or the one frame where the site has no name
   */
  async ask(key: string, question: () => Promise<Question>, signal: AbortSignal): Promise<Answer> {
    const open = [...this.#waiting].find(([, waiting]) => waiting.key === key);
    const [id, waiting] = open ?? (await this.#open(key, await question()));

    waiting.askers++;
    const left = deferred<never>();
    const leave = () => {
      left.reject(signal.reason);
      if (--waiting.askers === 0) this.#withdraw(id);
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave);
    try {
      return await Promise.race([waiting.answered.promise, left.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  /** What the prompt window shows. */
  show(id: string): Question {
    const waiting = this.#find(id);
    waiting.isShown = true;
    return waiting.question;
  }

  answer(id: string, answer: Answer): void {
    const { question } = this.#find(id);
    // A site that is sent away again and again must not go on asking; its name decides, not its frame
    if (answer === 'dismiss')
      this.#dismissals.set(question.origin, (this.#dismissals.get(question.origin) ?? 0) + 1);
    else this.#dismissals.delete(question.origin);
    this.#settle(id, answer);
  }

  /** The window was closed: no answer is one as well, unless it has been answered. */
  closed(id: string): void {
    if (this.#waiting.has(id)) this.answer(id, 'dismiss');
  }

  async #open(key: string, question: Question): Promise<[string, Waiting]> {
    // Somebody else may have opened it while the question was being put together
    const open = [...this.#waiting].find(([, waiting]) => waiting.key === key);
    if (open) return open;

    if ((this.#dismissals.get(question.origin) ?? 0) >= MAX_DISMISSALS)
      throw new HearthError(
        'not-allowed',
        'The user has closed this question several times. They are asked again after the browser restarts.',
      );
    if (this.#waiting.size >= MAX_QUESTIONS)
      throw new HearthError('busy', 'Too many sites are asking the user at once. Try again later.');

    const id = this.deps.newId();
    const waiting: Waiting = { key, question, answered: deferred(), askers: 0, isShown: false };
    this.#waiting.set(id, waiting);
    this.deps.openPrompt(id).catch((error) => {
      this.#waiting.delete(id);
      waiting.answered.reject(error);
    });
    void this.deps.wait(SHOWN_WITHIN_MS).then(() => {
      if (!waiting.isShown) this.#settle(id, 'dismiss');
    });
    return [id, waiting];
  }

  #find(id: string): Waiting {
    const waiting = this.#waiting.get(id);
    if (!waiting)
      throw new HearthError('not-found', 'This question has been answered, or its page was closed.');
    return waiting;
  }

  /** All who asked have gone: the user need not answer. */
  #withdraw(id: string): void {
    this.#waiting.delete(id);
    this.deps.closePrompt(id).catch(console.error);
  }

  #settle(id: string, answer: Answer): void {
    this.#waiting.get(id)?.answered.resolve(answer);
    this.#waiting.delete(id);
  }
}
