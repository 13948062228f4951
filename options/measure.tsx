import { useSignal } from '@preact/signals';
import type { ProfileProgress } from '../src/protocol/performance.ts';
import { plural } from '../src/ui/format.ts';
import { Notice } from '../src/ui/notice.tsx';
import type { OptionsProps } from './options.tsx';

/** Tokens before the one that is timed, unless a prompt is. */
const STEPS = {
  '0': 'A token at the start of a text',
  '256': 'A token of a short text',
  '4096': 'A token of a long text',
  prompt: 'Reading a prompt',
} as const;

/** Starts a measurement, says how far it is, and stops it. */
export function Measure({ performance, models, settings }: OptionsProps) {
  const { progress, error, measure, cancel } = performance;
  const writers = (models.models.value ?? []).filter(
    ({ state, makes }) => state === 'ready' && makes !== 'embeddings' && makes !== 'tasks',
  );
  const chosen = useSignal<string | undefined>(undefined);
  const step = useSignal<keyof typeof STEPS>('256');
  const model = chosen.value ?? settings.settings.value?.defaultModel ?? '';
  const now = progress.value;

  function start(): void {
    const { value } = step;
    void measure({
      model,
      step: value === 'prompt' ? { kind: 'prompt' } : { kind: 'answer', depth: Number(value) },
    });
  }

  return (
    <div class="card form">
      <p class="muted">
        Times every kernel of one step on this machine, and what the machine can do at best. It takes some
        seconds, waits for answers under way, and lets new ones go first. What models keep of earlier texts is
        forgotten.
      </p>
      <div class="choices">
        <label class="field">
          Model
          <select value={model} onChange={({ currentTarget }) => (chosen.value = currentTarget.value)}>
            {writers.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          What
          <select
            value={step.value}
            onChange={({ currentTarget }) => (step.value = currentTarget.value as keyof typeof STEPS)}
          >
            {Object.entries(STEPS).map(([key, name]) => (
              <option key={key} value={key}>
                {name}
              </option>
            ))}
          </select>
        </label>
        {/* One button, so that a keyboard stays where it is */}
        <button type="button" disabled={!now && writers.length === 0} onClick={now ? cancel : start}>
          {now ? 'Cancel' : 'Measure'}
        </button>
      </div>
      <div role="status">
        {now && (
          <>
            <p class="small">{describeProgress(now)}</p>
            <Bar now={now} />
          </>
        )}
      </div>
      {error.value && <Notice kind="error">{error.value}</Notice>}
    </div>
  );
}

function Bar({ now }: { now: ProfileProgress | 'starting' }) {
  if (now === 'starting' || now.phase === 'waiting')
    return <progress aria-label="Progress of the measurement" />;
  return <progress aria-label="Progress of the measurement" value={now.done} max={now.of} />;
}

/** Told to screen readers as well, so it changes only when there is something to say. */
function describeProgress(now: ProfileProgress | 'starting'): string {
  if (now === 'starting') return 'Starting…';
  if (now.phase === 'measuring') return 'Measuring…';
  return now.answers > 0
    ? `Waiting for ${plural(now.answers, 'answer')} under way…`
    : 'Waiting for a model that is being loaded…';
}
