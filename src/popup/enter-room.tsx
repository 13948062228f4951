import { useSignal } from '@preact/signals';
import type { MeshSession } from '../ui/mesh-session.ts';
import type { Arrival } from './arrival.ts';
import type { Attempt } from './room.tsx';
import { Scan } from './scan.tsx';

/** Into a room: a new one, or one whose code, link or invitation the user has. */
export function Enter(props: {
  mesh: MeshSession;
  attempt: Attempt;
  arrival: Arrival | undefined;
  openTab: (to: '#scan') => void;
  /** An invitation was taken: this goes back to who made it. */
  onReply: (text: string) => void;
}) {
  const { mesh, attempt, arrival, openTab } = props;
  const agrees = useSignal(false);
  const typed = useSignal(arrival?.kind === 'join' ? arrival.code : '');

  async function join(): Promise<void> {
    const text = typed.value.trim();
    if (text.toLowerCase().startsWith('hearth:'))
      props.onReply((await mesh.call('meshReply', { text })).text);
    else await mesh.call('meshJoin', { code: text });
  }

  async function takeScanned(text: string): Promise<void> {
    typed.value = text;
    // Else the user still has to read what a room means, and joins by the button
    if (agrees.value) await join();
  }

  return (
    <form
      class="card step"
      onSubmit={(event) => {
        event.preventDefault();
        void attempt.run(join);
      }}
    >
      <h2>Machines in one room answer together</h2>
      <label class="check small">
        <input
          type="checkbox"
          checked={agrees.value}
          onChange={({ currentTarget }) => (agrees.value = currentTarget.checked)}
        />
        <span>
          I know that a machine which computes a part of a model for me could read the words, and trust who
          owns the machines of this room.
        </span>
      </label>
      <button
        type="button"
        disabled={!agrees.value || attempt.isBusy}
        onClick={() => attempt.run(() => mesh.call('meshCreate', undefined))}
      >
        Create a room
      </button>
      <label class="field small">
        Code, link or invitation
        <textarea
          rows={2}
          spellcheck={false}
          value={typed.value}
          onInput={({ currentTarget }) => (typed.value = currentTarget.value)}
        />
      </label>
      <button type="submit" disabled={!agrees.value || attempt.isBusy || typed.value.trim() === ''}>
        {attempt.isBusy ? 'Joining…' : 'Join'}
      </button>
      {arrival ? (
        <Scan attempt={attempt} onText={takeScanned} />
      ) : (
        <button type="button" onClick={() => openTab('#scan')}>
          Scan a QR code
        </button>
      )}
    </form>
  );
}
