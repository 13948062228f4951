import { useSignal } from '@preact/signals';
import { Notice } from '../src/ui/notice.tsx';
import { HubAddress } from './hub-address.tsx';
import { HubRepositoryCard } from './hub-repository.tsx';
import { HubToken } from './hub-token.tsx';
import type { OptionsProps } from './options.tsx';

/** Licences that many models have, as the hub names them. */
const LICENCES = ['apache-2.0', 'mit', 'llama3.1', 'llama3.2', 'gemma', 'cc-by-4.0', 'cc-by-nc-4.0'];
const SIZES = [1, 2, 4, 8, 16, 32, 64];
const GB = 2 ** 30;

/** Searches the hub for GGUF models. */
export function Hub(props: OptionsProps) {
  const { hub, settings } = props;
  const text = useSignal('');
  const licence = useSignal('');
  const size = useSignal('');
  const fits = useSignal(true);
  const capBytes = settings.settings.value?.caps.memoryBytes ?? Number.POSITIVE_INFINITY;
  const shown = hub.found.value
    ?.map((repository) => ({
      ...repository,
      models: repository.models.filter(({ memoryBytes }) => !fits.value || memoryBytes <= capBytes),
    }))
    .filter(({ models }) => models.length > 0);

  function submit(event: Event): void {
    event.preventDefault();
    void hub.search({
      text: text.value.trim(),
      licence: licence.value || undefined,
      maxBytes: size.value ? Number(size.value) * GB : undefined,
    });
  }

  const host = hub.state.value && new URL(hub.state.value.hub).host;
  return (
    <>
      <p class="muted">
        Looks for GGUF models on {host ?? 'the hub'}. It learns what you search for and which files you
        download.
      </p>
      <form class="hub-search" onSubmit={submit}>
        <label>
          Search
          <input
            type="search"
            placeholder="Name of a model"
            value={text.value}
            maxLength={200}
            onInput={({ currentTarget }) => (text.value = currentTarget.value)}
          />
        </label>
        <label>
          Licence
          <select
            value={licence.value}
            onChange={({ currentTarget }) => (licence.value = currentTarget.value)}
          >
            <option value="">Any</option>
            {LICENCES.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          Size
          <select value={size.value} onChange={({ currentTarget }) => (size.value = currentTarget.value)}>
            <option value="">Any</option>
            {SIZES.map((gb) => (
              <option key={gb} value={gb}>{`Up to ${gb} GB`}</option>
            ))}
          </select>
        </label>
        <button type="submit" aria-busy={hub.isSearching.value}>
          {hub.isSearching.value ? 'Searching…' : 'Search'}
        </button>
        <label class="check">
          <input
            type="checkbox"
            checked={fits.value}
            onChange={({ currentTarget }) => (fits.value = currentTarget.checked)}
          />
          Only what fits my memory limit
        </label>
      </form>
      {hub.error.value && <Notice kind="error">{hub.error.value}</Notice>}
      <p class="visually-hidden" role="status">
        {shown && `${shown.length} repositories found`}
      </p>
      {shown?.length === 0 && <p>Nothing was found. Search for another name, or with fewer filters.</p>}
      {shown && shown.length > 0 && (
        <ul class="cards">
          {shown.map((repository) => (
            <HubRepositoryCard key={repository.id} repository={repository} capBytes={capBytes} {...props} />
          ))}
        </ul>
      )}
      <HubAddress {...props} />
      <HubToken hub={hub} />
    </>
  );
}
