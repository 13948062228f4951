import * as v from 'valibot';
import type { RememberedRoom } from '../protocol/background-calls.ts';
import { isPeerId, type PeerId } from '../protocol/peer-id.ts';
import type { Area } from './area.ts';

const KEY = 'room';
const MAX_KNOWN = 256;
const MAX_BANS = 1_024;

const Peer = v.custom<PeerId>(isPeerId);
export const RoomRecord = v.object({
  code: v.pipe(v.string(), v.maxLength(40)),
  known: v.pipe(v.array(Peer), v.maxLength(MAX_KNOWN)),
  bans: v.pipe(
    v.array(v.object({ peer: Peer, why: v.pipe(v.string(), v.maxLength(500)) })),
    v.maxLength(MAX_BANS),
  ),
});

/** The room that this machine is in, or none. */
export interface RoomStore {
  get(): Promise<RememberedRoom | undefined>;
  set(room: RememberedRoom | undefined): Promise<void>;
}

export function roomStore(area: Area): RoomStore {
  return {
    async get() {
      const parsed = v.safeParse(RoomRecord, (await area.get(KEY))[KEY]);
      return parsed.success ? parsed.output : undefined;
    },
    set: (room) => (room ? area.set({ [KEY]: room }) : area.remove(KEY)),
  };
}
