import { useSignal } from '@preact/signals';
import type { MeshStatus } from '../protocol/mesh-screen-calls.ts';
import { sentenceOf } from '../ui/caller.ts';
import { plural } from '../ui/format.ts';
import { MachineList } from '../ui/machine-list.tsx';
import type { MeshSession } from '../ui/mesh-session.ts';
import { Notice } from '../ui/notice.tsx';
import { CopyText } from '../ui/copy-text.tsx';
import { QrCode } from '../ui/qr-code.tsx';
import type { Arrival } from './arrival.ts';
import { Enter } from './enter-room.tsx';
import { Invite } from './invite.tsx';

/** What a step of joining, inviting or leaving is doing, and what went wrong with the last one. */
export interface Attempt {
  isBusy: boolean;
  run(work: () => Promise<unknown>): Promise<void>;
}

export interface RoomProps {
  mesh: MeshSession;
  arrival: Arrival | undefined;
  /** This page again, in a tab, for what would close the popup. */
  openTab: (to: '#scan' | '#invite') => void;
}

/** The room that this machine is in, or the way into one. */
export function RoomView(props: RoomProps) {
  const { mesh } = props;
  const status = mesh.status.value;
  const error = useSignal<string | undefined>(undefined);
  const isBusy = useSignal(false);
  const reply = useSignal<string | undefined>(undefined);
  const attempt: Attempt = {
    isBusy: isBusy.value,
    async run(work) {
      isBusy.value = true;
      error.value = undefined;
      try {
        await work();
      } catch (cause) {
        error.value = sentenceOf(cause);
      } finally {
        isBusy.value = false;
      }
    },
  };
  return (
    <section class="room" aria-label="Room">
      {error.value && <Notice kind="error">{error.value}</Notice>}
      {!status && <p class="muted">Looking for the room…</p>}
      {status && !status.room && (
        <Enter {...props} attempt={attempt} onReply={(text) => (reply.value = text)} />
      )}
      {status?.room && (
        <>
          {reply.value && <Reply text={reply.value} onDone={() => (reply.value = undefined)} />}
          <Inside {...props} status={status} attempt={attempt} />
        </>
      )}
    </section>
  );
}

/** The second text of a meeting without a server: it goes back to the machine that has invited. */
function Reply({ text, onDone }: { text: string; onDone: () => void }) {
  return (
    <section class="card step" aria-label="Reply">
      <p>Now show this to the machine that invited you.</p>
      <QrCode text={text} label="The reply as a QR code" />
      <CopyText text={text} name="Reply" />
      <button type="button" onClick={onDone}>
        Done
      </button>
    </section>
  );
}

function Inside(props: RoomProps & { status: MeshStatus; attempt: Attempt }) {
  const { mesh, arrival, openTab, status, attempt } = props;
  const { room, machines, server, self } = status;
  // Each counts its own answers, so that the sum counts every token once
  const tokensPerSecond = [self, ...machines].reduce((sum, at) => sum + at.tokensPerSecond, 0);
  const shows = useSignal<'machines' | 'code' | 'invite'>(arrival?.kind === 'invite' ? 'invite' : 'machines');
  return (
    <>
      <p class="small muted" role="status">
        {machines.length === 0
          ? 'Nobody else is here yet'
          : `${plural(machines.length + 1, 'machine')} in this room`}
        {tokensPerSecond > 0 && ` · ${tokensPerSecond.toFixed(1)} tokens/s`}
        {status.connecting > 0 && ' · connecting…'}
        {server.problem && ` · ${server.problem}`}
      </p>
      {machines.length > 0 && <MachineList machines={machines} />}
      {status.decisions.map(({ model, why }) => (
        <p key={model} class="muted small">
          {model}: {why}
        </p>
      ))}
      {shows.value === 'code' && (
        <section class="card step" aria-label="Code">
          <p class="small">
            {server.state === 'off'
              ? 'The code works once both machines use the same server (options). Without one, invite by text.'
              : 'On the other machine, type this code, paste the link, or scan.'}
          </p>
          <code class="code">{room!.code}</code>
          <QrCode text={room!.link} label="The room’s link as a QR code" />
          <CopyText text={room!.link} name="Link" />
        </section>
      )}
      {shows.value === 'invite' && (
        <Invite mesh={mesh} attempt={attempt} onDone={() => (shows.value = 'machines')} />
      )}
      <div class="row">
        <button type="button" onClick={() => (shows.value = shows.value === 'code' ? 'machines' : 'code')}>
          {shows.value === 'code' ? 'Hide code' : 'Show code'}
        </button>
        <button type="button" onClick={() => (arrival ? (shows.value = 'invite') : openTab('#invite'))}>
          Invite
        </button>
        <button
          type="button"
          disabled={attempt.isBusy}
          onClick={() => attempt.run(() => mesh.call('meshLeave', undefined))}
        >
          Leave
        </button>
      </div>
    </>
  );
}
