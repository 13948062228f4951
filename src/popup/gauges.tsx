import type { EngineStatus } from '../protocol/engine-calls.ts';
import { describeBackend } from '../ui/engine-words.ts';
import { formatBytes, formatRate } from '../ui/format.ts';

/** What computes, how fast, and how much memory it takes. Its size does not depend on what is known. */
export function Gauges({ status }: { status: EngineStatus | undefined }) {
  return (
    <section class="card gauges" aria-label="Engine">
      <div class="adapter">
        <span class="cut" title={status?.adapter}>
          {status?.adapter ?? 'Looking for the GPU…'}
        </span>
        <span class="muted small">{status ? describeBackend(status) : '\u00a0'}</span>
      </div>
      <div class="rate">
        <strong>{status ? formatRate(status.tokensPerSecond) : '–'}</strong>
        <span class="muted small">tokens/s</span>
      </div>
      <div class="memory">
        <span class="small" id="memory-label">
          Memory
        </span>
        <span class="small muted">
          {status ? `${formatBytes(status.memoryBytes)} of ${formatBytes(status.caps.memoryBytes)}` : '–'}
        </span>
        <meter
          aria-labelledby="memory-label"
          max={status?.caps.memoryBytes ?? 1}
          value={status ? Math.min(status.memoryBytes, status.caps.memoryBytes) : 0}
        />
      </div>
    </section>
  );
}
