import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { sentenceOf } from '../src/ui/caller.ts';
import { formatBytes } from '../src/ui/format.ts';
import { Notice } from '../src/ui/notice.tsx';
import type { OptionsProps } from './options.tsx';

const MIB = 2 ** 20;
const CHOICES = [256 * MIB, 1024 * MIB, 4096 * MIB, 16_384 * MIB];

/** What may be kept on disk of what sites said, how much there is, and a way to forget it all. */
export function TextLimit({ session, settings }: Pick<OptionsProps, 'session' | 'settings'>) {
  const saved = useSignal<number | undefined>(undefined);
  const error = useSignal<string | undefined>(undefined);
  const capBytes = settings.settings.value?.savedTextBytes ?? 0;

  const ask = () =>
    session.engine('savedTexts', undefined).then(
      ({ bytes }) => void (saved.value = bytes),
      () => {
        // The line at the top says that the engine is away
      },
    );
  // A new limit may have removed some
  useEffect(() => void ask(), [session, capBytes]);
  const forget = () =>
    session
      .engine('forgetTexts', undefined)
      .then(() => void (error.value = undefined))
      .catch((cause: unknown) => void (error.value = sentenceOf(cause)))
      .then(ask);

  return (
    <section class="card slider">
      <label for="limit-texts">Saved texts</label>
      <select
        id="limit-texts"
        aria-describedby="limit-texts-meaning"
        value={String(capBytes)}
        onChange={({ currentTarget }) => settings.change({ savedTextBytes: Number(currentTarget.value) })}
      >
        <option value="0">None</option>
        {[...new Set([...CHOICES, capBytes])]
          .filter((bytes) => bytes > 0)
          .sort((a, b) => a - b)
          .map((bytes) => (
            <option key={bytes} value={String(bytes)}>
              {formatBytes(bytes)}
            </option>
          ))}
      </select>
      <p id="limit-texts-meaning" class="muted">
        What models worked out of a chat or a long prompt stays on this disk for the site that said it, so
        that the next turn begins at once, even after a restart. What was used longest ago goes first. Private
        windows leave nothing.
      </p>
      <div class="row">
        <button type="button" disabled={saved.value === 0} onClick={() => void forget()}>
          Forget saved texts
        </button>
        {saved.value !== undefined && (
          <span class="muted" role="status">
            {saved.value === 0 ? 'Nothing is saved.' : `${formatBytes(saved.value)} saved.`}
          </span>
        )}
      </div>
      {error.value && <Notice kind="error">{error.value}</Notice>}
    </section>
  );
}
