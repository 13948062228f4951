import type { LoadedModel, RunningSequence } from '../protocol/engine-calls.ts';
import { describePhase, groupByOrigin } from '../ui/engine-words.ts';
import { formatRate, plural } from '../ui/format.ts';
import { describeOrigin } from '../ui/origin.ts';
import { OriginName } from '../ui/origin-name.tsx';

/** A site may run dozens of answers at once; a popup shows the first few. */
const MOST_SHOWN = 3;

export function RunningSites(props: {
  running: readonly RunningSequence[];
  loaded: readonly LoadedModel[];
  stop: (origin: string) => void;
}) {
  const { running, loaded, stop } = props;
  const nameOf = (id: string) => loaded.find((model) => model.id === id)?.name ?? id;
  const sites = groupByOrigin(running);
  return (
    <section aria-label="Running now">
      <p class="count muted small">
        {plural(running.length, 'answer')} for {plural(sites.size, 'site')}
      </p>
      <ul class="sites">
        {[...sites].map(([origin, sequences]) => (
          <li key={origin} class="card site">
            <h2>
              <OriginName origin={origin} />
            </h2>
            <button
              type="button"
              aria-label={`Stop ${describeOrigin(origin).host}`}
              onClick={() => stop(origin)}
            >
              Stop
            </button>
            <ul>
              {sequences.slice(0, MOST_SHOWN).map((sequence) => (
                <Sequence key={sequence.id} sequence={sequence} modelName={nameOf(sequence.model)} />
              ))}
              {sequences.length > MOST_SHOWN && (
                <li class="muted small">and {sequences.length - MOST_SHOWN} more</li>
              )}
            </ul>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Sequence({ sequence, modelName }: { sequence: RunningSequence; modelName: string }) {
  const { phase, promptTokens, completionTokens, tokensPerSecond } = sequence;
  const hasBegun = completionTokens > 0;
  return (
    <li class="sequence small">
      <span class="cut" title={modelName}>
        {modelName}
      </span>
      <span class="muted">{describePhase(phase)}</span>
      <span class="muted figures">
        {hasBegun ? plural(completionTokens, 'token') : `${plural(promptTokens, 'token')} to read`}
        {hasBegun && ` · ${formatRate(tokensPerSecond)}/s`}
      </span>
    </li>
  );
}
