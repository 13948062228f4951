import { type ReadonlySignal, signal } from '@preact/signals';
import { deferred } from '../channel/deferred.ts';
import type { BackgroundCalls } from '../protocol/background-calls.ts';
import type { EngineStatus } from '../protocol/engine-calls.ts';
import type { ScreenCalls } from '../protocol/screen-calls.ts';
import { type Caller, sentenceOf } from './caller.ts';

export interface SessionDeps {
  background: Caller<BackgroundCalls>;
  /** A new line to the offscreen document, which must be there. Its calls fail once it is gone. */
  openEngine: () => Caller<ScreenCalls>;
  wait: (ms: number) => Promise<void>;
}

/** A screen's lines to Hearth, mended for as long as the screen is open. */
export interface Session {
  background: Caller<BackgroundCalls>;
  /** Waits until there is an engine to call. */
  engine: Caller<ScreenCalls>;
  /** Undefined until the engine has said something, and again while it is gone. */
  status: ReadonlySignal<EngineStatus | undefined>;
  /** A sentence, once the engine has been called in vain more than once. */
  trouble: ReadonlySignal<string | undefined>;
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 4000;

export function openSession({ background, openEngine, wait }: SessionDeps): Session {
  const status = signal<EngineStatus>();
  const trouble = signal<string>();
  let current = deferred<Caller<ScreenCalls>>();

  async function watch(onStatus: () => void): Promise<void> {
    await background('wake', undefined);
    const engine = openEngine();
    current.resolve(engine);
    await engine('watch', undefined, {
      onPart: (part) => {
        status.value = part;
        trouble.value = undefined;
        onStatus();
      },
    });
  }

  async function keepWatching(): Promise<never> {
    for (let failures = 0; ; failures++) {
      try {
        await watch(() => (failures = 0));
      } catch (error) {
        if (failures > 0) trouble.value = describeTrouble(sentenceOf(error));
      }
      status.value = undefined;
      current = deferred();
      await wait(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures));
    }
  }
  void keepWatching();

  return {
    background,
    engine: async (name, input, options) => (await current.promise)(name, input, options),
    status,
    trouble,
  };
}

function describeTrouble(reason: string): string {
  return `The engine does not answer. ${reason} Hearth keeps trying; if this stays, reload Hearth on the browser’s extensions page.`;
}
