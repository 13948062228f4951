import { type ReadonlySignal, signal } from '@preact/signals';
import { toFailure } from '../src/protocol/errors.ts';
import type { HubRepository, HubSearch, HubState } from '../src/protocol/hub.ts';
import { sentenceOf } from '../src/ui/caller.ts';
import type { Session } from '../src/ui/session.ts';

/** Looking for models on the hub, and the token that it knows the user by. */
export interface HubStore {
  state: ReadonlySignal<HubState | undefined>;
  /** Undefined before the first search. */
  found: ReadonlySignal<readonly HubRepository[] | undefined>;
  isSearching: ReadonlySignal<boolean>;
  error: ReadonlySignal<string | undefined>;
  refresh: () => Promise<void>;
  /** Another hub was chosen: what this one had found is of the last. */
  moved: () => Promise<void>;
  /** A search takes the place of the one before. */
  search: (search: HubSearch) => Promise<void>;
  /** Undefined removes it. */
  keepToken: (token: string | undefined) => Promise<void>;
}

export function openHub({ background, engine }: Pick<Session, 'background' | 'engine'>): HubStore {
  const state = signal<HubState>();
  const found = signal<readonly HubRepository[]>();
  const isSearching = signal(false);
  const error = signal<string>();
  let last = new AbortController();

  async function attempt(work: () => Promise<void>): Promise<void> {
    error.value = undefined;
    try {
      await work();
    } catch (cause) {
      if (toFailure(cause).code !== 'cancelled') error.value = sentenceOf(cause);
    }
  }

  const read = async () => void (state.value = await background('hub', undefined));
  const refresh = () => attempt(read);
  void refresh();

  return {
    state,
    found,
    isSearching,
    error,
    refresh,
    moved() {
      last.abort(new DOMException('Another hub was chosen.', 'AbortError'));
      found.value = undefined;
      return refresh();
    },
    async search(search) {
      last.abort(new DOMException('Another search was begun.', 'AbortError'));
      const mine = new AbortController();
      last = mine;
      isSearching.value = true;
      await attempt(
        async () => void (found.value = await engine('searchHub', search, { signal: mine.signal })),
      );
      if (last === mine) isSearching.value = false;
    },
    keepToken: (token) =>
      attempt(async () => {
        await background('keepHubToken', { token });
        await read();
      }),
  };
}
