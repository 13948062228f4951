import type { OpenCall } from '../channel/serve.ts';
import type { Clock } from '../mesh/clock.ts';
import { identityOf, newKeyPair } from '../mesh/identity/identity.ts';
import { openRoom } from '../mesh/identity/room.ts';
import type { Bytes } from '../mesh/identity/bytes.ts';
import { Stay, type StayDeps } from '../offscreen/mesh/stay.ts';
import { HearthError } from '../protocol/errors.ts';
import type { MeshShare } from '../protocol/mesh-calls.ts';
import { DEFAULT_SETTINGS, type MeshSettings } from '../protocol/settings.ts';
import type { MeshHost } from '../worker/mesh.ts';

export interface RoomPeerOptions {
  host: MeshHost;
  clock: Clock;
  /** The room's secret. */
  secret: Bytes;
  name: string;
  signalling: MeshSettings['signalling'];
  share: MeshShare;
  onChange(stay: Stay): void;
}

/**
 * A machine without a browser in a room. Its identity lasts as long as the process: nothing but a browser keeps a key
 * that nobody can read.
 */
export async function stayInRoom(options: RoomPeerOptions): Promise<Stay> {
  await bringWebRtc();
  const { host, clock, secret, name, signalling, share, onChange } = options;
  let numbers = 0;
  const stay: Stay = new Stay({
    room: await openRoom(secret),
    secret,
    identity: await identityOf(await newKeyPair()),
    life: Date.now(),
    worker: callsOf(host),
    clock,
    random: Math.random,
    newNumber: () => ++numbers,
    known: [],
    bans: [],
    settings: {
      ...DEFAULT_SETTINGS.mesh,
      name,
      signalling,
      isLanOnly: signalling.kind !== 'cloud',
      share: { ...share, when: 'always' },
    },
    share,
    onChange: () => onChange(stay),
    onMemory: () => {},
  });
  return stay;
}

/** The mesh's calls, made at once: data channels of Node do not travel. */
function callsOf(host: MeshHost): StayDeps['worker'] {
  const calls = host.calls() as unknown as Record<
    string,
    { run(input: unknown, call: OpenCall<unknown>): unknown }
  >;
  const call = async (name: string, input: unknown, options: Parameters<StayDeps['worker']>[2] = {}) => {
    const { signal = new AbortController().signal, onPart } = options;
    return calls[name]!.run(input, { signal, send: async (part) => onPart?.(part as never) });
  };
  return call as unknown as StayDeps['worker'];
}

/** What a browser has and Node has not. */
async function bringWebRtc(): Promise<void> {
  try {
    const { default: webRtc } = await import('node-datachannel/polyfill');
    Object.assign(globalThis, webRtc);
  } catch (cause) {
    throw new HearthError(
      'not-supported',
      'A peer without a browser needs the optional package node-datachannel, which has no build for this machine. Run `npm install`, or join with a browser.',
      { cause },
    );
  }
}
