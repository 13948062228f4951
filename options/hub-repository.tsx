import type { HubModel, HubRepository } from '../src/protocol/hub.ts';
import { formatBytes, plural } from '../src/ui/format.ts';
import type { OptionsProps } from './options.tsx';

/** A repository of the hub: each of its models with its size, whether it fits, and what can be done with it. */
export function HubRepositoryCard({
  repository,
  capBytes,
  hub,
  models: store,
}: OptionsProps & { repository: HubRepository; capBytes: number }) {
  const { id, licence, downloads, isGated, models } = repository;
  const needsToken = isGated && !hub.state.value?.hasToken;
  const facts = [
    licence ? `${licence} licence` : 'Licence not stated',
    `${downloads.toLocaleString('en')} downloads`,
    isGated && 'Terms to accept',
  ];

  function action(model: HubModel) {
    const known = store.models.value?.find(({ url }) => url === model.url);
    const isMoving = store.transfers.value.some(({ key }) => key === model.url);
    if (known?.state === 'ready') return <span class="badge good">On this machine</span>;
    if (known || isMoving) return <span class="badge">{isMoving ? 'Downloading' : 'Begun'}</span>;
    return (
      <button
        type="button"
        disabled={needsToken}
        aria-label={`Download: ${id} ${model.name}`}
        onClick={() => void store.addUrl(model.url, model.sha256, isGated)}
      >
        Download
      </button>
    );
  }

  return (
    <li class="card hub-repository" aria-label={id}>
      <h3 class="cut" title={id}>
        {id}
      </h3>
      <p class="muted">{facts.filter(Boolean).join(' · ')}</p>
      {needsToken && (
        <p class="over">
          Its publisher gives it to those who have accepted its terms:{' '}
          <a href={`${hub.state.value?.hub}/${id}`} target="_blank" rel="noreferrer">
            accept them there
          </a>
          , then enter your token below.
        </p>
      )}
      <ul class="hub-models" aria-label={`Models of ${id}`}>
        {models.map((model) => (
          <li key={model.url}>
            <span class="cut" title={model.name}>
              {model.name}
            </span>
            <span class="muted">
              {formatBytes(model.sizeBytes)}
              {model.files > 1 && ` in ${plural(model.files, 'file')}`}
            </span>
            <span class={model.memoryBytes <= capBytes ? 'muted' : 'over'}>
              {model.memoryBytes <= capBytes
                ? 'Fits'
                : `Needs about ${formatBytes(model.memoryBytes)}, more than your limit`}
            </span>
            {action(model)}
          </li>
        ))}
      </ul>
    </li>
  );
}
