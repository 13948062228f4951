import { useSignal } from '@preact/signals';
import { Notice } from '../src/ui/notice.tsx';
import { DropZone } from './drop-zone.tsx';
import { parseModelAddress, parseSha256 } from './model-address.ts';
import { LIST, type ModelsStore } from './models-store.ts';
import { TransferProgress } from './transfer-progress.tsx';

/** A file from this machine, or an address. What is on its way but not in the list yet is shown here. */
export function AddModel({ store }: { store: ModelsStore }) {
  const known = new Set(store.models.value?.map(({ id }) => id));
  const unlisted = store.transfers.value.filter(
    ({ key, progress }) => !known.has(key) && !(progress && known.has(progress.model)),
  );
  const failures = [...store.errors.value].filter(([key]) => key !== LIST && !known.has(key));
  return (
    <div class="add">
      <DropZone
        onFiles={(files) => void store.addFiles(files)}
        onFolder={(folder) => void store.addFolder(folder)}
      />
      <AddressForm onAddress={(url, sha256) => void store.addUrl(url, sha256)} />
      {unlisted.map((transfer) => (
        <div key={transfer.key} class="card model">
          <h3 class="cut" title={transfer.label}>
            {transfer.label}
          </h3>
          <div class="model-actions">
            <button
              type="button"
              aria-label={`Stop: ${transfer.label}`}
              onClick={() => store.pause(transfer.key)}
            >
              Stop
            </button>
          </div>
          <TransferProgress transfer={transfer} />
        </div>
      ))}
      {failures.map(([key, sentence]) => (
        <Notice key={key} kind="error">
          <strong>{key}</strong>
          <br />
          {sentence}
          <button type="button" aria-label={`Dismiss: ${key}`} onClick={() => store.dismissError(key)}>
            Dismiss
          </button>
        </Notice>
      ))}
    </div>
  );
}

function AddressForm({ onAddress }: { onAddress: (url: string, sha256: string | undefined) => void }) {
  const address = useSignal('');
  const digest = useSignal('');
  const problem = useSignal<{ field: 'address' | 'digest'; because: string } | undefined>(undefined);

  function submit(event: Event): void {
    event.preventDefault();
    const url = parseModelAddress(address.value);
    const sha256 = parseSha256(digest.value);
    if (!url.ok) problem.value = { field: 'address', because: url.because };
    else if (!sha256.ok) problem.value = { field: 'digest', because: sha256.because };
    else {
      problem.value = undefined;
      address.value = digest.value = '';
      onAddress(url.url, sha256.sha256);
    }
  }

  const invalid = (field: 'address' | 'digest') =>
    problem.value?.field === field ? { 'aria-invalid': true, 'aria-describedby': 'address-problem' } : {};
  return (
    <form class="address" onSubmit={submit} noValidate>
      <label>
        Address of a .gguf file
        <input
          type="url"
          placeholder="https://…"
          value={address.value}
          onInput={({ currentTarget }) => (address.value = currentTarget.value)}
          {...invalid('address')}
        />
      </label>
      <label>
        <span>
          SHA-256 <span class="muted">(optional)</span>
        </span>
        <input
          type="text"
          spellcheck={false}
          autocomplete="off"
          value={digest.value}
          onInput={({ currentTarget }) => (digest.value = currentTarget.value)}
          {...invalid('digest')}
        />
      </label>
      <button type="submit">Download</button>
      {problem.value && (
        <p id="address-problem" class="notice error" role="alert">
          {problem.value.because}
        </p>
      )}
    </form>
  );
}
