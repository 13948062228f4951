import type { Clock } from '../mesh/clock.ts';
import { toBase64Url } from '../mesh/identity/bytes.ts';
import { type Identity, isSignedBy } from '../mesh/identity/identity.ts';
import { type Account, type Balance, Ledger, type SignedReceipt } from '../mesh/ledger/ledger.ts';
import type { ControlMessage } from '../mesh/messages/control.ts';
import type { StageWork } from '../mesh/run/stage-host.ts';
import type { MeshAccount } from '../protocol/mesh-calls.ts';
import { isPeerId, type PeerId } from '../protocol/peer-id.ts';

/** How often receipts are written for what has been done. */
const WRITE_MS = 5_000;
/** Machines whose accounts are kept, and receipts, the newest of each. */
const MOST_KEPT = 256;
const MOST_RECEIPTS = 64;

/** Where accounts outlive this worker. */
export interface KeptLedger {
  /** Whatever was written last; anything at all, or nothing. */
  read(): Promise<unknown>;
  write(value: unknown): Promise<void>;
}

export interface RoomLedgerDeps {
  clock: Clock;
  /** Milliseconds since 1970. */
  now(): number;
  identity: Identity;
  kept: KeptLedger;
  tell(peer: PeerId, message: ControlMessage): void;
  /** Of a machine that has been proven to be at the other end of a link. */
  keyOf(peer: PeerId): Uint8Array<ArrayBuffer> | undefined;
  nameOf(peer: PeerId): string | undefined;
  onChange(accounts: MeshAccount[]): void;
  onFraud(peer: PeerId, why: string): void;
}

/** The accounts between this machine and those it has met, across rooms and restarts. */
export class RoomLedger {
  readonly #deps: RoomLedgerDeps;
  /** Once what was kept has been read: what is done before that is not accounted for. */
  #ledger: Ledger | undefined;
  readonly #names = new Map<PeerId, string>();
  #receipts: unknown[] = [];
  #cancel = () => {};
  #isOver = false;

  constructor(deps: RoomLedgerDeps) {
    this.#deps = deps;
    void this.#open();
  }

  /** Above 0 for who has given more than it took. */
  priority(peer: PeerId): number {
    return this.#ledger?.priority(peer) ?? 0;
  }

  onWork(work: StageWork): void {
    this.#ledger?.onWork(work);
  }

  onTaken(peer: PeerId, chain: number, work: Account): void {
    this.#ledger?.onTaken(peer, chain, work);
  }

  onMessage(peer: PeerId, message: Extract<ControlMessage, { kind: 'receipt' | 'countersigned' }>): void {
    if (message.kind === 'receipt') void this.#ledger?.onReceipt(peer, message);
    else void this.#ledger?.onCountersigned(peer, message);
  }

  onPeerGone(peer: PeerId): void {
    this.#ledger?.forget(peer);
  }

  end(): void {
    this.#isOver = true;
    this.#cancel();
  }

  async #open(): Promise<void> {
    const { identity, kept, tell, keyOf, now, onFraud } = this.#deps;
    const { accounts, receipts } = parseKept(await kept.read().catch(() => undefined));
    for (const { peer, name } of accounts) this.#names.set(peer, name);
    this.#receipts = receipts;
    this.#ledger = new Ledger({
      self: identity.peer,
      // Later than any earlier start of this worker, too
      incarnation: now(),
      balances: accounts,
      sign: (bytes) => identity.sign(bytes),
      verify: async (peer, bytes, signature) => {
        const key = keyOf(peer);
        return key !== undefined && isSignedBy(key, bytes, signature);
      },
      tell,
      onReceipt: (receipt) => this.#note(receipt),
      onFraud,
    });
    if (this.#isOver) return;
    this.#tellAll();
    this.#write();
  }

  #write(): void {
    this.#cancel = this.#deps.clock.after(WRITE_MS, () => {
      void this.#ledger!.writeReceipts();
      this.#write();
    });
  }

  #note({ receipt, giverSignature, takerSignature }: SignedReceipt): void {
    const signatures = [giverSignature, takerSignature].map(toBase64Url);
    this.#receipts = [...this.#receipts, { ...receipt, signatures }].slice(-MOST_RECEIPTS);
    const accounts = this.#tellAll();
    void this.#deps.kept.write({ accounts, receipts: this.#receipts }).catch(console.error);
  }

  #tellAll(): (MeshAccount & Balance)[] {
    const accounts = this.#ledger!.balances.slice(-MOST_KEPT).map((balance) => {
      const name = this.#deps.nameOf(balance.peer) ?? this.#names.get(balance.peer) ?? '';
      this.#names.set(balance.peer, name);
      return { ...balance, name };
    });
    this.#deps.onChange(accounts.map(({ peer, name, given, taken }) => ({ peer, name, given, taken })));
    return accounts;
  }
}

/** A file on disk: what does not look like an account is none. */
function parseKept(value: unknown): { accounts: (Balance & { name: string })[]; receipts: unknown[] } {
  const { accounts, receipts } = (value ?? {}) as { accounts?: unknown; receipts?: unknown };
  return {
    accounts: Array.isArray(accounts) ? accounts.filter(isAccount) : [],
    receipts: Array.isArray(receipts) ? receipts : [],
  };
}

function isAccount(value: unknown): value is Balance & { name: string } {
  const { peer, name, given, taken, lastTaken } = (value ?? {}) as Record<string, unknown>;
  return (
    isPeerId(peer) &&
    typeof name === 'string' &&
    isWork(given) &&
    isWork(taken) &&
    Number.isSafeInteger(lastTaken)
  );
}

function isWork(value: unknown): value is Account {
  const { rowLayers, gpuMs, bytes } = (value ?? {}) as Record<string, unknown>;
  return [rowLayers, gpuMs, bytes].every((number) => Number.isFinite(number) && (number as number) >= 0);
}
