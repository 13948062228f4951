import { deferred } from '../../channel/deferred.ts';
import type { LanguageModelSession, PromptInput, Turn } from '../../protocol/built-in-ai.ts';
import { MAX_TOOL_ROUNDS } from '../../protocol/limits.ts';
import { call, stream } from './call.ts';
import type { ConstraintInput } from './prompt-input.ts';
import { orAborted } from './streams.ts';
import { type LanguageModelToolCall, toToolCall } from './tool-values.ts';
import { type Functions, runTools } from './tools.ts';

/** What comes of a prompt, bit by bit. */
export type Piece = string | { type: 'tool-call'; value: LanguageModelToolCall };

/** What is known of a session at one time: made by `create`, copied by `clone`. */
export interface Said {
  session: LanguageModelSession;
  functions: Functions;
  history: readonly Turn[];
  contextUsage: number;
}

/** What has been said in a session. Prompts wait for each other: each answers to all before it. */
export class Conversation {
  #said: Said;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    said: Said,
    private readonly onOverflow: () => void,
  ) {
    this.#said = said;
  }

  get session(): LanguageModelSession {
    return this.#said.session;
  }
  get contextUsage(): number {
    return this.#said.contextUsage;
  }

  /** What has been said once all that is under way has been. */
  async copy(signal: AbortSignal): Promise<Said> {
    await orAborted(this.#last, signal);
    return this.#said;
  }

  measure(turns: Turn[], constraint: ConstraintInput, signal: AbortSignal): Promise<number> {
    return call('measurePrompt', { ...this.#input(turns), history: [], ...constraint }, { signal });
  }

  async append(turns: Turn[], signal: AbortSignal): Promise<void> {
    const { wait, done } = this.#queue();
    try {
      await orAborted(wait, signal);
      const { contextUsage, dropped } = await call('append', this.#input(turns), { signal });
      if (dropped > 0) this.onOverflow();
      this.#keep(turns, contextUsage, dropped);
    } finally {
      done();
    }
  }

  /** Runs the tools that the page runs by itself until the model has nothing more to call. */
  async *answer(
    turns: Turn[],
    constraint: ConstraintInput,
    signal: AbortSignal,
  ): AsyncGenerator<Piece, void, undefined> {
    const { runsTools } = this.session.options;
    const { wait, done } = this.#queue();
    try {
      await orAborted(wait, signal);
      for (let said = turns, round = 0; ; round++) {
        const calls: LanguageModelToolCall[] = [];
        for await (const piece of this.#generate(said, constraint, signal)) {
          if (typeof piece !== 'string') calls.push(piece.value);
          if (typeof piece === 'string' || !runsTools) yield piece;
        }
        if (calls.length === 0 || !runsTools) return;

        if (round === MAX_TOOL_ROUNDS)
          throw new DOMException('The model went on calling tools.', 'OperationError');
        said = [await orAborted(runTools(calls, this.#said.functions), signal)];
      }
    } finally {
      done();
    }
  }

  /** One answer of the model, which is kept once it is whole. */
  async *#generate(
    turns: Turn[],
    constraint: ConstraintInput,
    signal: AbortSignal,
  ): AsyncGenerator<Piece, void, undefined> {
    const answer: Turn = { role: 'assistant', content: [] };
    const parts = stream('prompt', { ...this.#input(turns), ...constraint }, signal);
    let next = await parts.next();
    try {
      for (; !next.done; next = await parts.next()) {
        const part = next.value;
        if (part.kind === 'overflow') this.onOverflow();
        else if (part.kind === 'text') {
          answer.content.push({ type: 'text', value: part.text });
          yield part.text;
        } else {
          answer.content.push({ type: 'tool-call', value: part.call });
          yield { type: 'tool-call', value: toToolCall(part.call) };
        }
      }
    } finally {
      // Whoever stops listening stops the answer
      await parts.return(undefined as never);
    }
    const { contextUsage, dropped } = next.value;
    this.#keep(withAnswer(turns, answer), contextUsage, dropped);
  }

  #input(turns: Turn[]): PromptInput {
    const { session, history, contextUsage } = this.#said;
    return { session, history: [...history], contextUsage, turns };
  }

  #queue(): { wait: Promise<unknown>; done: () => void } {
    const wait = this.#last;
    const { promise, resolve } = deferred<void>();
    this.#last = wait.then(() => promise);
    return { wait, done: resolve };
  }

  #keep(turns: Turn[], contextUsage: number, dropped: number): void {
    const history = [...this.#said.history];
    // The system prompt stays whatever goes
    history.splice(history[0]?.role === 'system' ? 1 : 0, dropped);
    this.#said = { ...this.#said, history: [...history, ...turns], contextUsage };
  }
}

/** An answer that went on from a prefix is one turn with it. */
function withAnswer(turns: Turn[], answer: Turn): Turn[] {
  const last = turns.at(-1);
  if (!last?.prefix) return [...turns, answer];
  return [...turns.slice(0, -1), { ...answer, content: [...last.content, ...answer.content] }];
}
