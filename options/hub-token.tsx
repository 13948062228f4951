import { useSignal } from '@preact/signals';
import type { HubStore } from './hub-store.ts';

/** The token for models whose publishers want their terms accepted. What is entered is never shown again. */
export function HubToken({ hub }: { hub: HubStore }) {
  const token = useSignal('');
  const state = hub.state.value;
  if (!state) return null;
  const { host } = new URL(state.hub);
  return (
    <details class="card hub-token">
      <summary>
        Your token for {host}
        {state.hasToken ? ' is kept' : ''}
      </summary>
      <p class="muted">
        Some models are given only to people who have accepted their terms. A token with read access lets
        Hearth fetch them as you. It is shown to {host} alone; no page can read it.
      </p>
      {state.hasToken ? (
        <button type="button" onClick={() => void hub.keepToken(undefined)}>
          Remove the token
        </button>
      ) : (
        <form
          class="inline"
          onSubmit={(event) => {
            event.preventDefault();
            const entered = token.value;
            token.value = '';
            void hub.keepToken(entered);
          }}
        >
          <label>
            Token
            <input
              type="password"
              autocomplete="off"
              required
              value={token.value}
              onInput={({ currentTarget }) => (token.value = currentTarget.value)}
            />
          </label>
          <button type="submit">Keep the token</button>
        </form>
      )}
    </details>
  );
}
