import { HearthError } from '../../protocol/errors.ts';
import type { Clock } from '../clock.ts';
import type { Bytes } from '../identity/bytes.ts';
import { GRANT_SECONDS, type GrantLimits } from '../identity/grant.ts';
import type { SealedTask } from '../identity/task-seal.ts';
import type { Terms } from '../identity/terms.ts';
import { MAX_TASKS_WAITING } from '../limits.ts';
import { type ControlMessage, parseControl } from '../messages/control.ts';
import type { Offence } from './strikes.ts';

/** What only whoever coordinates a chain says. */
export type Ask = Extract<ControlMessage, { kind: 'open' | 'close' | 'probe' | 'reveal' }>;

export function isAsk(message: ControlMessage): message is Ask {
  return (
    message.kind === 'open' ||
    message.kind === 'close' ||
    message.kind === 'probe' ||
    message.kind === 'reveal'
  );
}

const RENEW_MS = (GRANT_SECONDS * 1_000) / 3;

export interface SealedAsksOptions {
  terms: Terms;
  clock: Clock;
  send(task: Extract<ControlMessage, { kind: 'task' }>): void;
  /** The peer asks this; `why` not, if it may not, in words for it. */
  onAsk(ask: Ask, why: string | undefined): void;
  onOffence(offence: Offence, why: string): void;
}

/**
 * What goes over one link under seal, both ways and in the order in which it was asked. A grant is needed to open a
 * stage; how a stage that is open does, and that it is not needed any more, its coordinator may always say.
 *
 *   owner ── beat {grant} ──────────────▶ asker      again before it runs out, while the owner shares
 *   owner ◀─ task {number, grant, open} ── asker
 */
export class SealedAsks {
  /** The peer's word that we may ask, as its last beat had it. */
  theirGrant = '';
  readonly #options: SealedAsksOptions;
  #given: { grant: string; limits: string; at: number } | undefined;
  #isGiving = false;
  #sealing: Promise<void> = Promise.resolve();
  #opening: Promise<void> = Promise.resolve();
  #waiting = 0;
  #isOver = false;

  constructor(options: SealedAsksOptions) {
    this.#options = options;
  }

  /** The grant that stands, with these limits; none while nothing is shared or the first is being made. */
  grant(limits: GrantLimits | undefined): string {
    if (!limits) this.#given = undefined;
    else this.#renew(limits);
    return this.#given?.grant ?? '';
  }

  /** Asks the peer, after what it was asked before. */
  ask(header: Bytes): void {
    this.#sealing = this.#sealing.then(async () => {
      if (this.#isOver) return;
      const task = await this.#options.terms.seal(header, this.theirGrant);
      if (!this.#isOver) this.#options.send({ kind: 'task', ...task });
    });
  }

  take(task: SealedTask): void {
    if (this.#waiting >= MAX_TASKS_WAITING) {
      this.#options.onOffence('forged', 'it asked for more at once than anybody needs');
      return;
    }
    this.#waiting++;
    this.#opening = this.#opening.then(async () => {
      if (!this.#isOver) await this.#open(task);
      this.#waiting--;
    });
  }

  /** The link is closed: nothing more is asked either way, and no grant of it is worth anything. */
  end(): void {
    this.#isOver = true;
    this.theirGrant = '';
    this.#given = undefined;
  }

  async #open(task: SealedTask): Promise<void> {
    const { terms, onAsk, onOffence } = this.#options;
    let ask: Ask | undefined;
    try {
      const message = parseControl(await terms.open(task));
      if (!isAsk(message)) throw new HearthError('bad-input', 'The task asks for nothing that can be asked.');
      ask = message;
      if (ask.kind === 'open' && task.grant !== '') await terms.admit(task.grant);
      const isMissing = ask.kind === 'open' && task.grant === '';
      if (!this.#isOver) onAsk(ask, isMissing ? 'You have no grant of this machine yet.' : undefined);
    } catch (error) {
      if (this.#isOver) return;
      if (!(error instanceof HearthError)) throw error;
      const isStale = error.code === 'gone';
      onOffence(isStale ? 'stale' : 'forged', error.message);
      if (isStale && ask && !this.#isOver) onAsk(ask, error.message);
    }
  }

  #renew(limits: GrantLimits): void {
    const { terms, clock } = this.#options;
    const wanted = JSON.stringify(limits);
    const isFresh = this.#given?.limits === wanted && clock.now() - this.#given.at < RENEW_MS;
    if (isFresh || this.#isGiving) return;
    // A grant of other limits is worth nothing from now on
    if (this.#given?.limits !== wanted) this.#given = undefined;
    this.#isGiving = true;
    const at = clock.now();
    void terms.grant(limits).then((grant) => {
      this.#isGiving = false;
      if (!this.#isOver) this.#given = { grant, limits: wanted, at };
    });
  }
}
