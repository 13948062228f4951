import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { describeBackend } from '../src/ui/engine-words.ts';
import { formatBytes } from '../src/ui/format.ts';
import type { OptionsProps } from './options.tsx';

export function About({ session }: OptionsProps) {
  const status = session.status.value;
  const storage = useSignal<StorageEstimate>({});
  useEffect(() => {
    void navigator.storage.estimate().then((estimate) => (storage.value = estimate));
  }, [storage]);

  const { usage, quota } = storage.value;
  return (
    <>
      <p>
        Web pages share one language model engine on this machine through Hearth. What a page asks and what a
        model answers stay on this machine unless you join a room: Hearth has no server and collects nothing.
        It uses the network only to fetch a model that you asked for, and for a room that you joined.
      </p>
      <dl class="card facts">
        <dt>Version</dt>
        <dd>{chrome.runtime.getManifest().version}</dd>
        <dt>Licence</dt>
        <dd>MIT; each model has its own</dd>
        <dt>Computed by</dt>
        <dd>{status ? `${status.adapter} (${describeBackend(status)})` : 'Waiting for the engine…'}</dd>
        <dt>Storage</dt>
        <dd>
          {usage === undefined || quota === undefined
            ? 'Not known'
            : `${formatBytes(usage)} used; the browser allows ${formatBytes(quota)}`}
        </dd>
        <dt>For page authors</dt>
        <dd>
          <a href={chrome.runtime.getURL('hearth.d.ts')} target="_blank" rel="noreferrer">
            Everything a page can call (hearth.d.ts)
          </a>
        </dd>
      </dl>
    </>
  );
}
