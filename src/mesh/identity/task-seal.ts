import { HearthError } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/peer-id.ts';
import { type Bytes, framed, sha256, utf8 } from './bytes.ts';
import { type Identity, isSignedBy, SIGNATURE_BYTES } from './identity.ts';
import { ReplayWindow } from './replay-window.ts';

/** Prompts and results travel beside a header, not in it. */
export const MAX_TASK_BYTES = 64 * 1024;

/**
 * A task's header under its asker's signature (Ed25519), which names both machines and the link: a header is good once
 * and here. How long it is good its grant says, by the clock of who gave it, so that no two clocks are compared.
 */
export interface SealedTask {
  /** Counts the tasks of one asker for one worker over one link, from zero. */
  number: number;
  /** The worker's grant; empty where nothing new is asked. */
  grant: string;
  signature: Bytes;
  header: Bytes;
}

export interface TaskParties {
  asker: PeerId;
  worker: PeerId;
  /** What `linkBinding` makes. */
  link: string;
}

export class TaskSealer {
  #number = 0;

  constructor(
    private readonly identity: Identity,
    private readonly parties: TaskParties,
  ) {}

  async seal(header: Bytes, grant: string): Promise<SealedTask> {
    if (header.length > MAX_TASK_BYTES) throw refused(`its header of ${header.length} bytes is too long`);
    const task = { number: this.#number++, grant, header };
    return { ...task, signature: await this.identity.sign(await signedBytes(this.parties, task)) };
  }
}

/** Opens what one asker has sealed, each once. */
export class TaskOpener {
  readonly #window = new ReplayWindow();

  constructor(
    private readonly askerKey: Bytes,
    private readonly parties: TaskParties,
  ) {}

  /** The header; fails with `not-allowed` where nobody has asked this, with `gone` where it was asked before. */
  async open(task: SealedTask): Promise<Bytes> {
    const { number, header, signature } = task;
    if (header.length > MAX_TASK_BYTES) throw refused(`its header of ${header.length} bytes is too long`);
    if (
      signature.length !== SIGNATURE_BYTES ||
      !(await isSignedBy(this.askerKey, await signedBytes(this.parties, task), signature))
    )
      throw refused('its signature is not that of who asks');
    // After the signature, so that a stranger cannot use numbers up
    if (!this.#window.take(number))
      throw new HearthError('gone', 'The task was refused: it has been used before. Send each task once.');
    return header;
  }
}

async function signedBytes(
  { asker, worker, link }: TaskParties,
  { number, grant, header }: Omit<SealedTask, 'signature'>,
): Promise<Bytes> {
  const counted = new Uint8Array(8);
  new DataView(counted.buffer).setBigUint64(0, BigInt(number));
  const shown = await sha256(utf8(grant));
  const asked = await sha256(header);
  return framed(utf8('hearth task 2'), utf8(asker), utf8(worker), utf8(link), counted, shown, asked);
}

function refused(why: string): HearthError {
  return new HearthError('not-allowed', `The task was refused: ${why}. Ask over a link of your own.`);
}
