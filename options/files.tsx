import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { SharedFile } from '../src/protocol/shared-files.ts';
import { Confirm } from '../src/ui/confirm.tsx';
import { formatBytes, formatDate, plural } from '../src/ui/format.ts';
import { Notice } from '../src/ui/notice.tsx';
import { describeOrigin } from '../src/ui/origin.ts';
import { sizeOf } from './files-store.ts';
import { focusHeading } from './focus-heading.ts';
import type { OptionsProps } from './options.tsx';

/** Digits of a hash that tell files apart for people. */
const SHORT_DIGITS = 12;

/** The files that sites share with each other: who stored them, and a way to keep or remove them. */
export function Files({ files: store }: OptionsProps) {
  const asked = useSignal<readonly SharedFile[] | undefined>(undefined);
  const files = store.files.value;
  // Sites store files while this page is open
  useEffect(() => void store.refresh(), [store]);
  return (
    <section aria-label="Files">
      <p class="muted">
        Sites that you have let share files put large ones here under their SHA-256, so that no other site has
        to download the same again. They count under your disk limit. When room is needed, those go that were
        not used for the longest time; never one that is pinned.
      </p>
      {store.error.value && <Notice kind="error">{store.error.value}</Notice>}
      {files?.length === 0 && (
        <div class="card empty">
          <h2>No files yet</h2>
          <p class="muted">
            When a site wants to share files, Hearth asks you. What it stores is listed here.
          </p>
        </div>
      )}
      {files && files.length > 0 && (
        <>
          <div class="row files-sum">
            <span role="status">{`${plural(files.length, 'file')}, ${formatBytes(sizeOf(files))}`}</span>
            <button type="button" onClick={() => (asked.value = files)}>
              Remove all
            </button>
          </div>
          <ul class="cards">
            {files.map((file) => (
              <File
                key={file.sha256}
                file={file}
                onPin={() => void store.pin(file, !file.isPinned)}
                onRemove={() => (asked.value = [file])}
              />
            ))}
          </ul>
        </>
      )}
      {asked.value && (
        <Confirm
          question={`Remove ${plural(asked.value.length, 'file')}?`}
          detail={`This frees ${formatBytes(sizeOf(asked.value))}. Sites that need ${asked.value.length > 1 ? 'them' : 'it'} again download again.`}
          action="Remove"
          onConfirm={() => void store.remove(asked.value!).then(focusHeading)}
          onClose={() => (asked.value = undefined)}
        />
      )}
    </section>
  );
}

function File({ file, onPin, onRemove }: { file: SharedFile; onPin: () => void; onRemove: () => void }) {
  const { sha256, sizeBytes, owners, isPinned, lastUsedAt } = file;
  const short = sha256.slice(0, SHORT_DIGITS);
  const pin = isPinned ? 'Unpin' : 'Pin';
  return (
    <li class="card model">
      <div class="model-head">
        <h2 class="cut" title={`SHA-256 ${sha256}`}>
          <code>{short}…</code>
        </h2>
        {isPinned && <span class="badge">Pinned</span>}
      </div>
      <div class="model-actions">
        <button type="button" aria-label={`${pin}: ${short}`} onClick={onPin}>
          {pin}
        </button>
        <button type="button" aria-label={`Remove: ${short}`} onClick={onRemove}>
          Remove
        </button>
      </div>
      <p class="muted small">
        {[
          formatBytes(sizeBytes),
          `Stored by ${owners.map((origin) => describeOrigin(origin).host).join(', ')}`,
          `Last used ${formatDate(lastUsedAt)}`,
        ].join(' · ')}
      </p>
    </li>
  );
}
