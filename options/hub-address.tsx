import { useSignal } from '@preact/signals';
import { DEFAULT_HUB, hubOrigin } from '../src/protocol/hub.ts';
import { Notice } from '../src/ui/notice.tsx';
import type { OptionsProps } from './options.tsx';

/** Where models are searched: Hugging Face, or a mirror that speaks its API. */
export function HubAddress({ hub, settings }: Pick<OptionsProps, 'hub' | 'settings'>) {
  const typed = useSignal('');
  const error = useSignal<string | undefined>(undefined);
  const current = settings.settings.value?.hub;
  if (!current) return null;

  async function use(address: string): Promise<void> {
    const origin = hubOrigin(address.trim());
    error.value = origin
      ? undefined
      : 'A hub’s address is https:// and a host, with nothing behind it; http:// only on this machine.';
    if (!origin) return;
    typed.value = '';
    await settings.change({ hub: origin });
    await hub.moved();
  }

  return (
    <details class="card hub-token">
      <summary>Hub: {new URL(current).host}</summary>
      <p class="muted">
        A mirror or a hub of your own that speaks Hugging Face’s API can be searched in its place. A token is
        for the hub that it was entered for, and is shown to no other.
      </p>
      <form
        class="inline"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void use(typed.value);
        }}
      >
        <label>
          Address
          <input
            type="url"
            required
            placeholder={DEFAULT_HUB}
            value={typed.value}
            onInput={({ currentTarget }) => (typed.value = currentTarget.value)}
          />
        </label>
        <button type="submit">Use this hub</button>
        {current !== DEFAULT_HUB && (
          <button type="button" onClick={() => void use(DEFAULT_HUB)}>
            Back to {new URL(DEFAULT_HUB).host}
          </button>
        )}
      </form>
      {error.value && <Notice kind="error">{error.value}</Notice>}
    </details>
  );
}
