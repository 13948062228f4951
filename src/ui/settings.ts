import { type ReadonlySignal, signal } from '@preact/signals';
import type { Settings } from '../protocol/settings.ts';
import { sentenceOf } from './caller.ts';
import { latest } from './latest.ts';
import type { Session } from './session.ts';

/** The user's settings. A change shows at once, is stored, and holds in the engine from its next step on. */
export interface SettingsStore {
  settings: ReadonlySignal<Settings | undefined>;
  error: ReadonlySignal<string | undefined>;
  /** Resolves when it is stored, or could not be. */
  change: (change: Partial<Settings>) => Promise<void>;
}

/** `onMesh` is told when what was stored differs in how this machine takes part in a room. */
export function openSettings(
  { background, engine }: Pick<Session, 'background' | 'engine'>,
  onMesh: () => Promise<unknown> = async () => {},
): SettingsStore {
  const settings = signal<Settings>();
  const error = signal<string>();
  let storedMesh = '';

  async function read(): Promise<void> {
    settings.value = await background('settings', undefined);
    storedMesh = JSON.stringify(settings.value.mesh);
  }

  async function attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      error.value = undefined;
    } catch (cause) {
      error.value = sentenceOf(cause);
    }
  }

  const save = latest((wanted: Settings) =>
    attempt(async () => {
      try {
        await background('changeSettings', wanted);
      } catch (cause) {
        // What is shown must be what is stored
        await read();
        throw cause;
      }
      // Not awaited: an engine that is away reads what is stored when it comes back
      void attempt(() => engine('configure', wanted));
      const mesh = JSON.stringify(wanted.mesh);
      if (mesh !== storedMesh) void attempt(async () => void (await onMesh()));
      storedMesh = mesh;
    }),
  );

  void attempt(read);
  return {
    settings,
    error,
    change: async (change) => {
      if (!settings.value) return;
      settings.value = { ...settings.value, ...change };
      await save(settings.value);
    },
  };
}
