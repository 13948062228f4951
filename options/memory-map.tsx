import type { EngineStatus } from '../src/protocol/engine-calls.ts';
import { formatBytes } from '../src/ui/format.ts';

const PARTS = [
  { key: 'weightsBytes', name: 'weights' },
  { key: 'kvBytes', name: 'cache' },
  { key: 'activationsBytes', name: 'activations' },
] as const;

/** What each model in memory takes and for what, against the user's limit. */
export function MemoryMap({ status: { loaded, memoryBytes, caps } }: { status: EngineStatus }) {
  const whole = Math.max(caps.memoryBytes, memoryBytes);
  return (
    <>
      <p>{`${formatBytes(memoryBytes)} of the ${formatBytes(caps.memoryBytes)} that Hearth may use`}</p>
      {loaded.length === 0 && <p class="muted">No model is in memory.</p>}
      <ul class="memory">
        {loaded.map((model) => (
          <li key={model.id}>
            <strong class="cut" title={model.name}>
              {model.name}
            </strong>
            <div class="stack" aria-hidden="true">
              {PARTS.map(({ key, name }) => (
                <span key={key} class={name} style={{ width: `${(100 * model[key]) / whole}%` }} />
              ))}
            </div>
            <p class="muted small">
              {PARTS.map(({ key, name }) => (
                <span key={key} class={`key ${name}`}>{`${name} ${formatBytes(model[key])}`}</span>
              ))}
            </p>
          </li>
        ))}
      </ul>
    </>
  );
}
