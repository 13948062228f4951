import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { CopyText } from '../ui/copy-text.tsx';
import type { MeshSession } from '../ui/mesh-session.ts';
import { QrCode } from '../ui/qr-code.tsx';
import type { Attempt } from './room.tsx';
import { Scan } from './scan.tsx';

/** Brings a machine in with no server at all: one text there, one text back. */
export function Invite(props: { mesh: MeshSession; attempt: Attempt; onDone: () => void }) {
  const { mesh, attempt, onDone } = props;
  const text = useSignal<string | undefined>(undefined);
  const reply = useSignal('');
  useEffect(() => {
    void attempt.run(async () => {
      text.value = (await mesh.call('meshInvite', undefined)).text;
    });
  }, []);

  async function accept(reply: string): Promise<void> {
    await mesh.call('meshAccept', { text: reply });
    onDone();
  }

  if (!text.value) return <p class="muted">Making an invitation…</p>;
  return (
    <form
      class="card step"
      aria-label="Invitation"
      onSubmit={(event) => {
        event.preventDefault();
        void attempt.run(() => accept(reply.value));
      }}
    >
      <p class="small">Show this to the other machine, then scan or paste its reply here.</p>
      <QrCode text={text.value} label="The invitation as a QR code" />
      <CopyText text={text.value} name="Invitation" />
      <label class="field small">
        Its reply
        <textarea
          rows={2}
          spellcheck={false}
          value={reply.value}
          onInput={({ currentTarget }) => (reply.value = currentTarget.value)}
        />
      </label>
      <button type="submit" disabled={attempt.isBusy || reply.value.trim() === ''}>
        {attempt.isBusy ? 'Connecting…' : 'Connect'}
      </button>
      <Scan attempt={attempt} onText={accept} />
    </form>
  );
}
