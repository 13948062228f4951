import { GRANT_SECONDS, type GrantLimits, SCOPES } from '../../../src/mesh/identity/grant.ts';
import { ReplayWindow } from '../../../src/mesh/identity/replay-window.ts';
import type { SealedTask } from '../../../src/mesh/identity/task-seal.ts';
import type { Terms } from '../../../src/mesh/identity/terms.ts';
import type { Clock } from '../../../src/mesh/clock.ts';
import { HearthError } from '../../../src/protocol/errors.ts';
import type { PeerId } from '../../../src/protocol/peer-id.ts';

/** Terms that hold as signed ones do, with sums in place of signatures: they are ready as soon as they are asked for. */
export function simTerms(self: PeerId, peer: PeerId, link: string, clock: Clock): Terms {
  const seen = new ReplayWindow();
  let number = 0;
  return {
    grant: async (limits) =>
      JSON.stringify([self, peer, link, clock.now() + 1_000 * GRANT_SECONDS, limits] satisfies Told),
    admit: async (grant) => {
      const [owner, asker, on, until, limits] = parse(grant);
      if (owner !== self || asker !== peer || on !== link) throw new HearthError('not-allowed', 'Forged.');
      if (clock.now() > until) throw new HearthError('gone', 'Run out.');
      return { asker: peer, scopes: [...SCOPES], limits };
    },
    seal: async (header, grant) => {
      const task = { number: number++, grant, header };
      return { ...task, signature: sum(self, peer, link, task) };
    },
    open: async (task) => {
      const right = sum(peer, self, link, task);
      if (task.signature.some((byte, i) => byte !== right[i]) || task.signature.length !== right.length)
        throw new HearthError('not-allowed', 'Forged.');
      if (!seen.take(task.number)) throw new HearthError('gone', 'Used before.');
      return task.header;
    },
  };
}

type Told = [PeerId, PeerId, string, number, GrantLimits];

function parse(grant: string): Told {
  try {
    return JSON.parse(grant) as Told;
  } catch (cause) {
    throw new HearthError('not-allowed', 'Forged.', { cause });
  }
}

function sum(
  asker: PeerId,
  worker: PeerId,
  link: string,
  { number, grant, header }: Omit<SealedTask, 'signature'>,
) {
  let state = 7;
  const text = [asker, worker, link, number, grant, ...header].join(' ');
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193) >>> 0;
  const bytes = new Uint8Array(64);
  new DataView(bytes.buffer).setUint32(0, state);
  return bytes;
}
