import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import type { PeerId } from '../../protocol/peer-id.ts';
import type { ControlMessage } from '../messages/control.ts';
import { type Balance, Ledger, type SignedReceipt } from './ledger.ts';

const giver = `${'g'.repeat(42)}A` as PeerId;
const taker = `${'t'.repeat(42)}A` as PeerId;
const keys = { [giver]: generateKeyPairSync('ed25519'), [taker]: generateKeyPairSync('ed25519') };
const work = { rowLayers: 640, gpuMs: 120, bytes: 5_000 };

/** Two machines whose messages wait until they are carried over. */
class Side {
  readonly out: ControlMessage[] = [];
  readonly receipts: SignedReceipt[] = [];
  readonly frauds: string[] = [];
  balances: Balance[] = [];
  ledger: Ledger;

  constructor(
    readonly self: PeerId,
    incarnation = 1,
    balances: Balance[] = [],
  ) {
    this.ledger = new Ledger({
      self,
      incarnation,
      balances,
      sign: async (bytes) => new Uint8Array(sign(null, bytes, keys[self]!.privateKey)),
      verify: async (peer, bytes, signature) => verify(null, bytes, keys[peer]!.publicKey, signature),
      tell: (_, message) => void this.out.push(message),
      onReceipt: (receipt, balance) => {
        this.receipts.push(receipt);
        this.balances = [balance];
      },
      onFraud: (_, why) => this.frauds.push(why),
    });
  }

  async hear(from: PeerId, message: ControlMessage): Promise<void> {
    if (message.kind === 'receipt') await this.ledger.onReceipt(from, message);
    if (message.kind === 'countersigned') await this.ledger.onCountersigned(from, message);
  }
}

let give: Side;
let take: Side;

beforeEach(() => {
  give = new Side(giver);
  take = new Side(taker);
});

async function exchange(): Promise<void> {
  await give.ledger.writeReceipts();
  for (const message of give.out.splice(0)) await take.hear(giver, message);
  for (const message of take.out.splice(0)) await give.hear(taker, message);
}

function doWork(times = 1): void {
  for (let i = 0; i < times; i++) {
    give.ledger.onWork({ coordinator: taker, chain: 3, ...work });
    take.ledger.onTaken(giver, 3, work);
  }
}

test('both sides come to the same figures, and hold both signatures', async () => {
  doWork(2);
  await exchange();
  doWork();
  await exchange();
  const sum = { rowLayers: 1920, gpuMs: 360, bytes: 15_000 };
  expect(give.ledger.balances).toMatchObject([{ peer: taker, given: sum }]);
  expect(take.ledger.balances).toMatchObject([{ peer: giver, taken: sum }]);
  expect(give.receipts).toEqual(take.receipts);
  expect(give.receipts).toHaveLength(2);
  expect(take.ledger.priority(giver)).toBe(360);
  expect(give.ledger.priority(taker)).toBe(-360);
});

test('a receipt that is lost is sent again, and counts once', async () => {
  doWork();
  await give.ledger.writeReceipts();
  give.out.length = 0;
  await give.ledger.writeReceipts();
  const [receipt] = give.out.splice(0);
  await take.hear(giver, receipt!);
  // The answer is lost too
  take.out.length = 0;
  await exchange();
  expect(take.ledger.balances).toMatchObject([{ taken: work }]);
  expect(give.ledger.balances).toMatchObject([{ given: work }]);
  expect(take.receipts).toHaveLength(1);
});

test('a receipt that is replayed, also to a machine that has started anew, counts once', async () => {
  doWork();
  await give.ledger.writeReceipts();
  const [receipt] = give.out;
  await exchange();
  await take.hear(giver, receipt!);
  const anew = new Side(taker, 2, take.balances);
  await anew.hear(giver, receipt!);
  expect(take.ledger.balances).toMatchObject([{ taken: work }]);
  expect(anew.ledger.balances).toMatchObject([{ taken: work }]);
  expect(take.frauds).toEqual([]);
});

test('a giver that has started anew goes on above its old numbers', async () => {
  doWork();
  await exchange();
  give = new Side(giver, 2, give.balances);
  doWork();
  await exchange();
  expect(take.ledger.balances).toMatchObject([{ taken: { gpuMs: 240 } }]);
  expect(take.frauds).toEqual([]);
});

const frauds: [string, (message: Extract<ControlMessage, { kind: 'receipt' }>) => ControlMessage, string][] =
  [
    ['work not done', (m) => m, 'for work that it has not done'],
    [
      'figures changed after signing',
      (m) => ({ ...m, receipt: { ...m.receipt, gpuMs: 1 } }),
      'forged signature',
    ],
    ['another giver', (m) => ({ ...m, receipt: { ...m.receipt, giver: taker } }), 'in the name of others'],
    ['another taker', (m) => ({ ...m, receipt: { ...m.receipt, taker: giver } }), 'in the name of others'],
  ];
test.each(frauds)('a receipt with %s is not signed', async (_, change, why) => {
  give.ledger.onWork({ coordinator: taker, chain: 3, rowLayers: 1e6, gpuMs: 9e9, bytes: 1 });
  await give.ledger.writeReceipts();
  const [message] = give.out;
  await take.hear(giver, change(message as Extract<ControlMessage, { kind: 'receipt' }>));
  expect(take.frauds.join()).toContain(why);
  expect(take.out).toEqual([]);
  expect(take.ledger.balances.every(({ taken }) => taken.gpuMs === 0)).toBe(true);
});

test('a forged countersignature counts for nothing', async () => {
  doWork();
  await give.ledger.writeReceipts();
  const [message] = give.out as [Extract<ControlMessage, { kind: 'receipt' }>];
  await give.hear(taker, {
    kind: 'countersigned',
    number: message.receipt.number,
    signature: new Uint8Array(64),
  });
  expect(give.ledger.balances).toEqual([]);
  expect(give.frauds.join()).toContain('forged');
});
