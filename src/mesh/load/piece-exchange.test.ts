import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../test/fakes/manual-clock.ts';
import { HearthError } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/peer-id.ts';
import type { ModelMap, Piece, Stage, StageOrder } from '../../protocol/stage.ts';
import { parseChunk, parseControl } from '../messages/control.ts';
import { spanOf } from '../planner/model-cost.ts';
import { PieceExchange } from './piece-exchange.ts';
import { allPieces, fromBits, piecesOf, toBits } from './pieces-of.ts';

const MODEL = 'e1'.repeat(32);
const LAYERS = 4;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A file in which every byte tells its place. */
const file = Uint8Array.from({ length: 1_000_000 }, (_, i) => (i * 2654435761) >>> 24);
const cut = (offset: number, bytes: number): Piece => ({
  offset,
  bytes,
  sha256: sha256(file.subarray(offset, offset + bytes)),
});
const map: ModelMap = {
  model: MODEL,
  name: 'a model',
  dim: 8,
  vocab: 100,
  hidden: 'f16',
  common: [cut(0, 1_000)],
  embedding: [cut(1_000, 70_000), cut(71_000, 29_000)],
  layers: Array.from({ length: LAYERS }, (_, layer) => [
    cut(100_000 + layer * 200_000, 131_072),
    cut(231_072 + layer * 200_000, 68_928),
  ]),
  head: [cut(1_000, 70_000), cut(71_000, 29_000), cut(900_000, 100_000)],
  cacheBytesPerPosition: 10,
  scratchBytes: 64 * 2 ** 20,
};
const order = (first: number, end: number): StageOrder => ({
  model: MODEL,
  span: spanOf(first, end, LAYERS),
  sizes: { slots: 1, maxRows: 8, contextLength: 64, pageSize: 16, pageCounts: [4] },
  hidden: 'f16',
  dim: 8,
});
const stage: Stage = { run: () => Promise.reject(new Error('not asked')), forget() {}, destroy() {} };

class Machine {
  readonly held = new Map<number, Uint8Array<ArrayBuffer>>();
  readonly fromHub: number[] = [];
  readonly forgers: PeerId[] = [];
  readonly transfers: [PeerId, number][] = [];
  sentBytes = 0;
  /** What becomes of a chunk on its way out. */
  spoil: (chunk: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> | undefined = (chunk) => chunk;
  hubWorks = true;
  freeBytes = 1e9;
  readonly exchange: PieceExchange;

  constructor(
    readonly peer: PeerId,
    readonly room: Map<PeerId, Machine>,
    clock: ManualClock,
  ) {
    room.set(peer, this);
    this.exchange = new PieceExchange({
      clock,
      random: () => 0,
      store: {
        has: (_, { offset }) => this.held.has(offset),
        read: async (_, offset, bytes) => {
          const at = [...this.held].find(
            ([start, piece]) => start <= offset && offset < start + piece.length,
          );
          return at?.[1].slice(offset - at[0], offset - at[0] + bytes);
        },
        write: async (_, piece, bytes) => void this.held.set(piece.offset, bytes),
      },
      members: () =>
        [...room.values()]
          .filter((other) => other !== this)
          .map(({ peer, held }) => ({
            peer,
            isSuspect: false,
            beat: {
              pieces: [{ model: MODEL, held: toBits(map, ({ offset }) => held.has(offset)) }],
            } as never,
          })),
      send: (peer, lane, frame) => {
        this.sentBytes += frame.length;
        const other = room.get(peer)!.exchange;
        queueMicrotask(() => {
          if (lane === 'bulk') {
            const { request, chunk } = parseChunk(frame);
            const spoilt = this.spoil(chunk.slice());
            if (spoilt) other.onChunk(this.peer, request, spoilt);
            return;
          }
          const message = parseControl(frame);
          if (message.kind === 'want' || message.kind === 'missing') other.onMessage(this.peer, message);
        });
      },
      bufferedBytes: () => 0,
      mapOf: async (model) => (model === MODEL ? map : undefined),
      hub: async (_, piece) => {
        if (!this.hubWorks) throw new HearthError('offline', 'The hub cannot be reached.');
        this.fromHub.push(piece.offset);
        return file.slice(piece.offset, piece.offset + piece.bytes);
      },
      sha256: async (bytes) => sha256(bytes),
      onForged: (peer) => this.forgers.push(peer),
      freeBytes: () => this.freeBytes,
      onTransfer: (peer, bytes) => this.transfers.push([peer, bytes]),
      makeStage: async () => stage,
    });
  }

  holds(pieces: readonly Piece[]): void {
    for (const { offset, bytes } of pieces) this.held.set(offset, file.slice(offset, offset + bytes));
  }

  get heldBytes(): number {
    return [...this.held.values()].reduce((sum, { length }) => sum + length, 0);
  }

  isRight(): boolean {
    return [...this.held].every(
      ([offset, bytes]) => Buffer.compare(bytes, file.subarray(offset, offset + bytes.length)) === 0,
    );
  }
}

function roomOf(...names: string[]) {
  const clock = new ManualClock();
  const room = new Map<PeerId, Machine>();
  return {
    clock,
    machines: names.map((name) => new Machine(name as PeerId, room, clock)) as [Machine, Machine, Machine],
  };
}

describe('a machine that is asked for a stage', () => {
  test('fetches the bytes of its layers, and no others', async () => {
    const { machines } = roomOf('a');
    const progress: number[] = [];
    await machines[0].exchange.openStage(order(1, 3), (done, total) => progress.push(done / total));
    expect(machines[0].heldBytes).toBe(1_000 + 2 * 200_000);
    expect(machines[0].isRight()).toBe(true);
    expect(progress[0]).toBe(0);
    expect(progress.at(-1)).toBe(1);
  });

  test('has an embedding that is the head too once', async () => {
    const { machines } = roomOf('a');
    await machines[0].exchange.openStage(order(0, 4), () => {});
    expect(machines[0].heldBytes).toBe(file.length);
    expect(machines[0].fromHub.toSorted((a, b) => a - b)).toEqual(allPieces(map).map(({ offset }) => offset));
  });

  test('asks peers before the hub, and the hub for what no peer has', async () => {
    const { machines } = roomOf('a', 'b');
    machines[1].holds([...map.common, ...map.layers[1]!]);
    await machines[0].exchange.openStage(order(1, 3), () => {});
    expect(machines[0].isRight()).toBe(true);
    expect(machines[0].fromHub.sort()).toEqual(map.layers[2]!.map(({ offset }) => offset));
    expect(machines[1].sentBytes).toBeLessThan((1_000 + 200_000) * 1.01);
    expect(machines[0].transfers.reduce((sum, [, bytes]) => sum + bytes, 0)).toBe(201_000);
  });

  test('keeps what it has already', async () => {
    const { machines } = roomOf('a');
    machines[0].holds(piecesOf(map, order(1, 2).span));
    await machines[0].exchange.openStage(order(1, 3), () => {});
    expect(machines[0].fromHub.sort()).toEqual(map.layers[2]!.map(({ offset }) => offset));
  });

  test('takes no piece twice, though two stages want it at once', async () => {
    const { machines } = roomOf('a');
    const open = (first: number, end: number) => machines[0].exchange.openStage(order(first, end), () => {});
    await Promise.all([open(1, 3), open(2, 3)]);
    expect(new Set(machines[0].fromHub).size).toBe(machines[0].fromHub.length);
  });
});

describe('a peer', () => {
  test('that sends other bytes is named, and another one or the hub is asked', async () => {
    const { machines } = roomOf('a', 'b', 'c');
    for (const other of machines.slice(1)) other.holds(allPieces(map));
    machines[1].spoil = (chunk) => chunk.fill(0);
    await machines[0].exchange.openStage(order(1, 2), () => {});
    expect(machines[0].isRight()).toBe(true);
    expect(new Set(machines[0].forgers)).toEqual(new Set(['b']));
    expect(machines[0].fromHub).toEqual([]);
  });

  test.each([
    ['cuts chunks off', (chunk: Uint8Array<ArrayBuffer>) => chunk.slice(1)],
    [
      'sends more than was asked for',
      (chunk: Uint8Array<ArrayBuffer>) => Uint8Array.from([...chunk.slice(0, 100), 1]),
    ],
  ])('that %s is not waited for', async (_, spoil) => {
    const { machines } = roomOf('a', 'b');
    machines[1].holds(allPieces(map));
    machines[1].spoil = spoil;
    await machines[0].exchange.openStage(order(1, 2), () => {});
    expect(machines[0].isRight()).toBe(true);
  });

  test('that falls silent is given up', async () => {
    const { clock, machines } = roomOf('a', 'b');
    machines[1].holds(allPieces(map));
    let chunks = 0;
    machines[1].spoil = (chunk) => (chunks++ < 2 ? chunk : undefined);
    const opened = machines[0].exchange.openStage(order(1, 2), () => {});
    let isOpen = false;
    void opened.then(() => (isOpen = true));
    for (let i = 0; i < 20 && !isOpen; i++) {
      clock.go(1_000);
      await new Promise(setImmediate);
    }
    await opened;
    expect(machines[0].isRight()).toBe(true);
    expect(machines[0].fromHub.length).toBeGreaterThan(0);
  });

  test('without a hash to hold it against is not asked', async () => {
    const { machines } = roomOf('a', 'b');
    machines[1].holds(allPieces(map));
    const pieces = map.common;
    const [{ sha256: known }] = pieces as [Piece];
    pieces[0]!.sha256 = undefined;
    await machines[0].exchange.openStage(order(1, 2), () => {});
    expect(machines[0].fromHub).toEqual([0]);
    pieces[0]!.sha256 = known;
  });
});

test('where neither peer nor hub has the bytes, the reason is said', async () => {
  const { machines } = roomOf('a');
  machines[0].hubWorks = false;
  await expect(machines[0].exchange.openStage(order(1, 2), () => {})).rejects.toThrow(
    'The hub cannot be reached.',
  );
});

test.each([
  ['a model that nobody knows', { ...order(0, 1), model: '00'.repeat(32) }, 'does not know the model'],
  [
    'layers that the model has not',
    { ...order(0, 1), span: { ...order(0, 1).span, end: 9 } },
    'no such stage',
  ],
  ['states of another size', { ...order(0, 1), dim: 16 }, 'no such stage'],
])('a stage of %s is refused before a byte is fetched', async (_, order, why) => {
  const { machines } = roomOf('a');
  await expect(machines[0].exchange.openStage(order, () => {})).rejects.toThrow(why);
  expect(machines[0].fromHub).toEqual([]);
});

test('a stage beyond what the owner gives is refused, with what it needs', async () => {
  const { machines } = roomOf('a');
  machines[0].freeBytes = 50e6;
  await expect(machines[0].exchange.openStage(order(0, 4), () => {})).rejects.toThrow(
    'The stage needs 68 MB, and this machine gives 50 MB to others now.',
  );
});

test('pieces are told as one bit each', () => {
  const held = new Set([0, 231_072, 900_000]);
  const bits = toBits(map, ({ offset }) => held.has(offset));
  expect(bits).toHaveLength(2);
  expect(fromBits(map, bits)).toEqual(held);
  expect(fromBits(map, new Uint8Array(99).fill(255)).size).toBe(allPieces(map).length);
});
