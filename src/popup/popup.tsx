import { useSignal } from '@preact/signals';
import type { MeshStatus } from '../protocol/mesh-screen-calls.ts';
import { sentenceOf } from '../ui/caller.ts';
import { EngineState } from '../ui/engine-state.tsx';
import { plural } from '../ui/format.ts';
import { Mark } from '../ui/mark.tsx';
import { Notice } from '../ui/notice.tsx';
import type { Session } from '../ui/session.ts';
import { Gauges } from './gauges.tsx';
import { Idle } from './idle.tsx';
import { type RoomProps, RoomView } from './room.tsx';
import { RunningSites } from './running-sites.tsx';

export function Popup(props: RoomProps & { session: Session; openOptions: () => void }) {
  const { session, mesh, openOptions, arrival } = props;
  const showsRoom = useSignal(arrival !== undefined);
  const status = session.status.value;
  const trouble = session.trouble.value;
  const stopError = useSignal<string | undefined>(undefined);
  const running = status?.running ?? [];

  /** All sites, or one. */
  async function stop(origin: string | undefined): Promise<void> {
    try {
      await session.engine('stop', { origin });
      stopError.value = undefined;
    } catch (error) {
      stopError.value = sentenceOf(error);
    }
  }

  return (
    <>
      <header>
        <Mark size={28} />
        <h1>Hearth</h1>
        <EngineState status={status} trouble={trouble} />
      </header>
      <main>
        {!showsRoom.value && <Gauges status={status} />}
        {trouble && <Notice kind="error">{trouble}</Notice>}
        {stopError.value && <Notice kind="error">{stopError.value}</Notice>}
        {status?.notice && <Notice kind="warning">{status.notice}</Notice>}
        {showsRoom.value ? (
          <RoomView {...props} />
        ) : running.length > 0 ? (
          <RunningSites running={running} loaded={status!.loaded} stop={stop} />
        ) : (
          <Idle />
        )}
      </main>
      <footer>
        <button
          type="button"
          class="stop danger"
          disabled={running.length === 0}
          onClick={() => stop(undefined)}
        >
          Stop everything
        </button>
        <button
          type="button"
          aria-pressed={showsRoom.value}
          onClick={() => (showsRoom.value = !showsRoom.value)}
        >
          {describeRoom(mesh.status.value)}
        </button>
        <button type="button" onClick={openOptions}>
          Models, sites and limits
        </button>
      </footer>
    </>
  );
}

function describeRoom(status: MeshStatus | undefined): string {
  if (!status?.room) return 'Room of machines';
  return `Room: ${plural(status.machines.length + 1, 'machine')}`;
}
