import type { EngineStatus } from '../protocol/engine-calls.ts';
import { describeState } from './engine-words.ts';

/** A dot and a word for how the engine does. */
export function EngineState({ status, trouble }: { status?: EngineStatus; trouble?: string }) {
  const { word, tone } = describeState(status, trouble);
  return (
    <span class={`state ${tone}`} role="status">
      <span class="dot" />
      {word}
    </span>
  );
}
