import { type ReadonlySignal, signal } from '@preact/signals';
import type { BackgroundCalls } from '../protocol/background-calls.ts';
import type { Answer, Question, ScreenCalls } from '../protocol/screen-calls.ts';
import type { Caps } from '../protocol/settings.ts';
import { type Caller, sentenceOf } from '../ui/caller.ts';

export interface PromptDeps {
  id: string;
  engine: Caller<ScreenCalls>;
  background: Caller<BackgroundCalls>;
  close: () => void;
}

export type PromptState =
  | { kind: 'loading' }
  | { kind: 'asking'; question: Question; caps: Caps | undefined }
  | { kind: 'over'; sentence: string };

export interface OpenPrompt {
  state: ReadonlySignal<PromptState>;
  /** Gives the answer, once, and closes the window. */
  answer: (answer: Answer) => Promise<void>;
}

/** Fetches the question that the offscreen document holds, and brings it the answer. */
export function openPrompt({ id, engine, background, close }: PromptDeps): OpenPrompt {
  const state = signal<PromptState>({ kind: 'loading' });

  async function ask(): Promise<void> {
    // The caps are good to know, not needed to answer
    const caps = background('settings', undefined).then(
      (settings) => settings.caps,
      () => undefined,
    );
    const question = await engine('question', { question: id });
    if (state.value.kind === 'loading') state.value = { kind: 'asking', question, caps: await caps };
  }

  const fail = (error: unknown) => {
    state.value = { kind: 'over', sentence: sentenceOf(error) };
  };
  ask().catch(fail);

  return {
    state,
    answer: async (answer) => {
      if (state.value.kind === 'over') return close();
      state.value = { kind: 'over', sentence: 'You have answered. This window can be closed.' };
      try {
        await engine('answer', { question: id, answer });
        close();
      } catch (error) {
        fail(error);
      }
    },
  };
}
