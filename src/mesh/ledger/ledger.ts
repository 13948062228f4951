import type { PeerId } from '../../protocol/peer-id.ts';
import { encode } from '../messages/codec.ts';
import { type ControlMessage, type Receipt, receiptCodec } from '../messages/control.ts';
import type { StageWork } from '../run/stage-host.ts';

/** Counts may differ by steps that are on their way when a receipt is written. */
const ROWS_IN_FLIGHT = 4_096;
const MS_IN_FLIGHT = 1_000;
const BYTES_IN_FLIGHT = 16 * 2 ** 20;
/** A machine's own measure of its time may not be far above what the asker waited. */
const TIME_TOLERANCE = 1.1;

/** Starts are told apart by milliseconds since 1970, in each of which nobody writes so many; until 2109 they fit 53 bits. */
const NUMBERS_PER_START = 2 ** 11;

/** A receipt that both sides have signed. */
export interface SignedReceipt {
  receipt: Receipt;
  giverSignature: Uint8Array<ArrayBuffer>;
  takerSignature: Uint8Array<ArrayBuffer>;
}

/** What one machine has given another, all in all. */
export interface Account {
  rowLayers: number;
  gpuMs: number;
  bytes: number;
}

export interface Balance {
  peer: PeerId;
  /** By this machine to that one, and the other way: as both have signed it. */
  given: Account;
  taken: Account;
  /** Of the last receipt in which that one gave. */
  lastTaken: number;
}

export interface LedgerOptions {
  self: PeerId;
  /** Higher than at any earlier start of this machine. */
  incarnation: number;
  /** As they were kept from an earlier start. */
  balances: readonly Balance[];
  sign(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
  verify(peer: PeerId, bytes: Uint8Array<ArrayBuffer>, signature: Uint8Array<ArrayBuffer>): Promise<boolean>;
  tell(peer: PeerId, message: ControlMessage): void;
  /** To be kept, and the balance with it. */
  onReceipt(receipt: SignedReceipt, balance: Balance): void;
  /** A peer has signed what it knows to be untrue. */
  onFraud(peer: PeerId, why: string): void;
}

interface Unsigned {
  receipt: Receipt;
  signature: Uint8Array<ArrayBuffer>;
}

/**
 * Who has done what for whom. The giver writes a receipt over what it has computed since the last one and signs it; the
 * taker holds it against what it has counted itself and signs it too. Only what both have signed counts, so neither
 * can make up figures; a number that has been used is refused, so none counts twice.
 */
export class Ledger {
  readonly #options: LedgerOptions;
  readonly #balances = new Map<PeerId, Balance>();
  /** Done for a peer, and not yet in a receipt; by chain. */
  readonly #unwritten = new Map<PeerId, Map<number, Account>>();
  /** Counted here of what a peer has done, and not yet in a receipt. */
  readonly #counted = new Map<PeerId, Map<number, Account>>();
  readonly #waiting = new Map<PeerId, Unsigned>();
  /** Of each peer, the last receipt signed here: it may be sent again. */
  readonly #signed = new Map<PeerId, Uint8Array<ArrayBuffer>>();
  #nextNumber: number;

  constructor(options: LedgerOptions) {
    this.#options = options;
    this.#nextNumber = options.incarnation * NUMBERS_PER_START;
    for (const balance of options.balances) this.#balances.set(balance.peer, structuredClone(balance));
  }

  get balances(): Balance[] {
    return structuredClone([...this.#balances.values()]);
  }

  /** Above 0 for who has given more than it took: it goes before others when there is too little for all. */
  priority(peer: PeerId): number {
    const { given, taken } = this.#balance(peer);
    return taken.gpuMs - given.gpuMs;
  }

  /** This machine has computed something for another. */
  onWork({ coordinator, chain, rowLayers, gpuMs, bytes }: StageWork): void {
    add(accountOf(this.#unwritten, coordinator, chain), { rowLayers, gpuMs, bytes });
  }

  /** Another machine has computed something for this one: `gpuMs` is how long that was waited for. */
  onTaken(peer: PeerId, chain: number, work: Account): void {
    add(accountOf(this.#counted, peer, chain), work);
  }

  /** Writes receipts for what has been done since the last: one at a time to each peer. */
  async writeReceipts(): Promise<void> {
    const { self, sign, tell } = this.#options;
    for (const [taker, chains] of this.#unwritten) {
      const waiting = this.#waiting.get(taker);
      if (waiting) {
        // It may have been lost, or is being signed
        if (waiting.signature.length > 0) tell(taker, { kind: 'receipt', ...waiting });
        continue;
      }
      const [entry] = chains;
      if (!entry) continue;
      const [chain, account] = entry;
      chains.delete(chain);
      const receipt = { giver: self, taker, number: this.#nextNumber++, chain, ...account };
      const unsigned: Unsigned = { receipt, signature: new Uint8Array() };
      // Its place is taken before anything is awaited, so that there is one at a time
      this.#waiting.set(taker, unsigned);
      unsigned.signature = await sign(encode(receiptCodec, receipt));
      tell(taker, { kind: 'receipt', ...unsigned });
    }
  }

  async onReceipt(
    giver: PeerId,
    { receipt, signature }: Extract<ControlMessage, { kind: 'receipt' }>,
  ): Promise<void> {
    const { self, sign, verify, tell, onReceipt, onFraud } = this.#options;
    const bytes = encode(receiptCodec, receipt);
    if (receipt.giver !== giver || receipt.taker !== self) {
      onFraud(giver, 'it sent a receipt in the name of others');
      return;
    }
    if (!(await verify(giver, bytes, signature))) {
      onFraud(giver, 'it sent a receipt with a forged signature');
      return;
    }
    const balance = this.#balance(giver);
    if (receipt.number <= balance.lastTaken) {
      // Again, because our answer was lost; anything else under an old number is worth nothing
      if (isEqual(this.#signed.get(giver), bytes))
        tell(giver, { kind: 'countersigned', number: receipt.number, signature: await sign(bytes) });
      return;
    }
    const counted = accountOf(this.#counted, giver, receipt.chain);
    if (!isPlausible(receipt, counted)) {
      onFraud(giver, 'it wrote a receipt for work that it has not done');
      return;
    }
    subtract(counted, receipt);
    add(balance.taken, receipt);
    balance.lastTaken = receipt.number;
    this.#signed.set(giver, bytes);
    const takerSignature = await sign(bytes);
    onReceipt({ receipt, giverSignature: signature, takerSignature }, structuredClone(balance));
    tell(giver, { kind: 'countersigned', number: receipt.number, signature: takerSignature });
  }

  async onCountersigned(
    taker: PeerId,
    { number, signature }: Extract<ControlMessage, { kind: 'countersigned' }>,
  ): Promise<void> {
    const waiting = this.#waiting.get(taker);
    if (waiting?.receipt.number !== number) return;
    if (!(await this.#options.verify(taker, encode(receiptCodec, waiting.receipt), signature))) {
      this.#options.onFraud(taker, 'it signed a receipt with a forged signature');
      return;
    }
    if (this.#waiting.get(taker) !== waiting) return;
    this.#waiting.delete(taker);
    const balance = this.#balance(taker);
    add(balance.given, waiting.receipt);
    const { receipt } = waiting;
    this.#options.onReceipt(
      { receipt, giverSignature: waiting.signature, takerSignature: signature },
      structuredClone(balance),
    );
  }

  /** It is gone: what was counted is for nobody to sign any more. */
  forget(peer: PeerId): void {
    this.#unwritten.delete(peer);
    this.#counted.delete(peer);
    this.#waiting.delete(peer);
  }

  #balance(peer: PeerId): Balance {
    let balance = this.#balances.get(peer);
    if (!balance) {
      balance = { peer, given: nothing(), taken: nothing(), lastTaken: -1 };
      this.#balances.set(peer, balance);
    }
    return balance;
  }
}

function isPlausible({ rowLayers, gpuMs, bytes }: Receipt, counted: Account): boolean {
  return (
    rowLayers <= counted.rowLayers + ROWS_IN_FLIGHT &&
    gpuMs <= counted.gpuMs * TIME_TOLERANCE + MS_IN_FLIGHT &&
    bytes <= counted.bytes + BYTES_IN_FLIGHT
  );
}

function isEqual(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a?.length === b.length && a.every((byte, i) => byte === b[i]);
}

function nothing(): Account {
  return { rowLayers: 0, gpuMs: 0, bytes: 0 };
}

function accountOf(all: Map<PeerId, Map<number, Account>>, peer: PeerId, chain: number): Account {
  let chains = all.get(peer);
  if (!chains) all.set(peer, (chains = new Map()));
  let account = chains.get(chain);
  if (!account) chains.set(chain, (account = nothing()));
  return account;
}

function add(sum: Account, { rowLayers, gpuMs, bytes }: Account): void {
  sum.rowLayers += rowLayers;
  sum.gpuMs += gpuMs;
  sum.bytes += bytes;
}

function subtract(sum: Account, { rowLayers, gpuMs, bytes }: Account): void {
  sum.rowLayers = Math.max(0, sum.rowLayers - rowLayers);
  sum.gpuMs = Math.max(0, sum.gpuMs - gpuMs);
  sum.bytes = Math.max(0, sum.bytes - bytes);
}
