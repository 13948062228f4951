import { expect, test } from 'vitest';
import { fakeClock } from '../../test/fakes/clock.ts';
import { identityOf, newKeyPair } from '../mesh/identity/identity.ts';
import type { ControlMessage } from '../mesh/messages/control.ts';
import type { MeshAccount } from '../protocol/mesh-calls.ts';
import type { PeerId } from '../protocol/peer-id.ts';
import { RoomLedger } from './room-ledger.ts';

const identities = await Promise.all(['giver', 'taker'].map(async () => identityOf(await newKeyPair())));
const [giver, taker] = identities.map(({ peer }) => peer) as [PeerId, PeerId];
const work = { rowLayers: 40, gpuMs: 12, bytes: 900 };

/** Two machines that keep accounts with each other, each with a disk of its own. */
function machines(disks: unknown[] = [undefined, undefined], startedAt = 1.8e12) {
  const clock = fakeClock();
  const frauds: string[] = [];
  const accounts: MeshAccount[][] = [[], []];
  /** What becomes of a message on its way. */
  const way = { change: (message: ControlMessage): ControlMessage => message };
  const ledgers = identities.map(
    (identity, side) =>
      new RoomLedger({
        clock,
        now: () => startedAt,
        identity,
        kept: {
          read: async () => disks[side],
          write: async (value) => void (disks[side] = structuredClone(value)),
        },
        tell: (_, message) => {
          const told = way.change(structuredClone(message));
          if (told.kind === 'receipt' || told.kind === 'countersigned')
            ledgers[1 - side]!.onMessage(identity.peer, told);
        },
        keyOf: (peer) => identities.find((at) => at.peer === peer)?.publicKey,
        nameOf: (peer) => (peer === giver ? 'attic' : 'study'),
        onChange: (all) => (accounts[side] = all),
        onFraud: (_, why) => frauds.push(why),
      }),
  ) as [RoomLedger, RoomLedger];
  /** Signatures are made on other threads, whose time no clock here moves. */
  const settle = async () => {
    for (let i = 0; i < 20; i++) await identities[0]!.sign(new Uint8Array(64));
  };
  const receipts = async () => {
    await settle();
    await clock.advance(5_000);
    await settle();
  };
  return { ledgers, accounts, disks, frauds, way, settle, receipts };
}

test('what one machine has done for the other, both know by a receipt that both have signed', async () => {
  const { ledgers, accounts, receipts, settle } = machines();
  await settle();
  ledgers[0].onWork({ coordinator: taker, chain: 3, ...work });
  ledgers[1].onTaken(giver, 3, work);
  await receipts();
  expect(accounts[0]).toEqual([
    { peer: taker, name: 'study', given: work, taken: { rowLayers: 0, gpuMs: 0, bytes: 0 } },
  ]);
  expect(accounts[1]).toEqual([
    { peer: giver, name: 'attic', taken: work, given: { rowLayers: 0, gpuMs: 0, bytes: 0 } },
  ]);
  expect(ledgers[0].priority(taker)).toBeLessThan(0);
  expect(ledgers[1].priority(giver)).toBeGreaterThan(0);
});

test('accounts outlive a restart, and receipts of the next start are taken', async () => {
  const first = machines();
  await first.settle();
  first.ledgers[0].onWork({ coordinator: taker, chain: 3, ...work });
  first.ledgers[1].onTaken(giver, 3, work);
  await first.receipts();
  for (const ledger of first.ledgers) ledger.end();
  const next = machines(first.disks, 1.8e12 + 60_000);
  await next.settle();
  next.ledgers[0].onWork({ coordinator: taker, chain: 1, ...work });
  next.ledgers[1].onTaken(giver, 1, work);
  await next.receipts();
  expect(next.accounts[1]).toMatchObject([{ taken: { rowLayers: 80, gpuMs: 24, bytes: 1_800 } }]);
  expect(next.frauds).toEqual([]);
});

test('a receipt that was changed on its way is signed by nobody, and is told', async () => {
  const { ledgers, accounts, receipts, settle, way, frauds } = machines();
  await settle();
  way.change = (message) =>
    message.kind === 'receipt'
      ? { ...message, receipt: { ...message.receipt, gpuMs: message.receipt.gpuMs + 1 } }
      : message;
  ledgers[0].onWork({ coordinator: taker, chain: 3, ...work });
  ledgers[1].onTaken(giver, 3, work);
  await receipts();
  expect(frauds).toEqual(['it sent a receipt with a forged signature']);
  expect(accounts).toEqual([[], []]);
});

test.each([null, 7, { accounts: [{ peer: 'x' }, null], receipts: 3 }])(
  'a file that says %j says nothing',
  async (kept) => {
    const { accounts, settle } = machines([kept, kept]);
    await settle();
    expect(accounts).toEqual([[], []]);
  },
);
