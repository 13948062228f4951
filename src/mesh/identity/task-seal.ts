import { HearthError } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/peer-id.ts';
import { type Bytes, framed, sha256, utf8 } from './bytes.ts';
import { type Identity, isSignedBy, SIGNATURE_BYTES } from './identity.ts';
import { ReplayWindow } from './replay-window.ts';

/**
 * A task's header under its asker's signature. Layout:
 *
 *   0           8             16                80
 *   ┌───────────┬─────────────┬─────────────────┬────────
 *   │ number    │ expires     │ signature       │ header
 *   │ u64       │ u64, ms     │ Ed25519, 64     │
 *   └───────────┴─────────────┴─────────────────┴────────
 *
 * What is signed names both machines and the link, so that a header is good once, here, and for a while.
 */
const HEADER_AT = 16 + SIGNATURE_BYTES;
/** A header that promises to be good for longer is not believed. Clocks of two machines may differ by minutes. */
export const TASK_MS = 300_000;
/** Prompts and results travel beside a header, not in it. */
export const MAX_TASK_BYTES = 64 * 1024;

export interface TaskParties {
  asker: PeerId;
  worker: PeerId;
  /** What `linkBinding` makes. */
  link: string;
}

/** Numbers the tasks of one asker for one worker, from zero, and signs them. */
export class TaskSealer {
  #number = 0;

  constructor(
    private readonly identity: Identity,
    private readonly parties: TaskParties,
  ) {}

  async seal(header: Bytes, now: number): Promise<Bytes> {
    if (header.length > MAX_TASK_BYTES) throw refused(`its header of ${header.length} bytes is too long`);
    const sealed = new Uint8Array(HEADER_AT + header.length);
    const view = new DataView(sealed.buffer);
    view.setBigUint64(0, BigInt(this.#number++));
    view.setBigUint64(8, BigInt(Math.floor(now) + TASK_MS));
    sealed.set(header, HEADER_AT);
    sealed.set(await this.identity.sign(await signedBytes(this.parties, sealed)), 16);
    return sealed;
  }
}

/** Opens what one asker has sealed, each once. */
export class TaskOpener {
  readonly #window = new ReplayWindow();

  constructor(
    private readonly askerKey: Bytes,
    private readonly parties: TaskParties,
  ) {}

  /** The header, or `not-allowed` with the reason. */
  async open(sealed: Bytes, now: number): Promise<Bytes> {
    if (sealed.length < HEADER_AT || sealed.length > HEADER_AT + MAX_TASK_BYTES)
      throw refused('its header has the wrong length');
    const view = new DataView(sealed.buffer, sealed.byteOffset);
    const expires = Number(view.getBigUint64(8));
    if (now > expires) throw refused('it has expired');
    if (expires > now + 2 * TASK_MS) throw refused('it would be good for too long');
    const signature = sealed.slice(16, HEADER_AT);
    if (!(await isSignedBy(this.askerKey, await signedBytes(this.parties, sealed), signature)))
      throw refused('its signature is not that of who asks');
    // After the signature, so that a stranger cannot use numbers up
    if (!this.#window.take(Number(view.getBigUint64(0)))) throw refused('it has been used before');
    return sealed.slice(HEADER_AT);
  }
}

async function signedBytes({ asker, worker, link }: TaskParties, sealed: Bytes): Promise<Bytes> {
  const times = sealed.slice(0, 16);
  const header = await sha256(sealed.slice(HEADER_AT));
  return framed(utf8('hearth task 1'), utf8(asker), utf8(worker), utf8(link), times, header);
}

function refused(why: string): HearthError {
  return new HearthError('not-allowed', `The task was refused: ${why}.`);
}
