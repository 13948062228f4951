import { type ReadonlySignal, signal } from '@preact/signals';
import { toFailure } from '../src/protocol/errors.ts';
import type {
  PerformanceFacts,
  Profile,
  ProfileInput,
  ProfileProgress,
} from '../src/protocol/performance.ts';
import { sentenceOf } from '../src/ui/caller.ts';
import type { Session } from '../src/ui/session.ts';

const EVERY_MS = 1000;

/** How the engine has done lately, and the measurement that the user has asked for. */
export interface PerformanceStore {
  facts: ReadonlySignal<PerformanceFacts | undefined>;
  /** Undefined while nothing is measured. A model that is being loaded for it tells nothing yet. */
  progress: ReadonlySignal<ProfileProgress | 'starting' | undefined>;
  /** The last one. */
  profile: ReadonlySignal<Profile | undefined>;
  error: ReadonlySignal<string | undefined>;
  /** Keeps the facts fresh until what it returns is called. */
  watch: () => () => void;
  measure: (input: ProfileInput) => Promise<void>;
  cancel: () => void;
}

export function openPerformance(
  { engine }: Pick<Session, 'engine'>,
  wait: (ms: number) => Promise<void>,
): PerformanceStore {
  const facts = signal<PerformanceFacts>();
  const progress = signal<ProfileProgress | 'starting'>();
  const profile = signal<Profile>();
  const error = signal<string>();
  let going: AbortController | undefined;

  async function measure(input: ProfileInput): Promise<void> {
    if (going) return;
    going = new AbortController();
    progress.value = 'starting';
    error.value = undefined;
    try {
      profile.value = await engine('profile', input, {
        signal: going.signal,
        onPart: (part) => (progress.value = part),
      });
    } catch (cause) {
      if (toFailure(cause).code !== 'cancelled') error.value = sentenceOf(cause);
    } finally {
      going = undefined;
      progress.value = undefined;
    }
  }

  return {
    facts,
    progress,
    profile,
    error,
    watch() {
      let isShown = true;
      void (async () => {
        while (isShown) {
          // Where the engine is away the line at the top says so
          await engine('performance', undefined).then(
            (now) => (facts.value = now),
            () => {},
          );
          await wait(EVERY_MS);
        }
      })();
      return () => void (isShown = false);
    },
    measure,
    cancel: () => going?.abort(),
  };
}
