import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../test/fakes/manual-clock.ts';
import { HearthError } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/peer-id.ts';
import type { ModelMap, Piece, Stage, StageOrder } from '../../protocol/stage.ts';
import { parseChunk, parseControl } from '../messages/control.ts';
import { spanOf } from '../planner/model-cost.ts';
import { makeManifest, parseManifest } from './manifest.ts';
import { PieceExchange } from './piece-exchange.ts';
import { fromBits, piecesOf, toBits } from './pieces-of.ts';

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
  model: '',
  origin: { manifestBytes: 0, url: '' },
  name: 'a model',
  dim: 8,
  vocab: 100,
  hidden: 'f16',
  header: [cut(0, 1_000)],
  common: [],
  embedding: [cut(1_000, 70_000), cut(71_000, 29_000)],
  layers: Array.from({ length: LAYERS }, (_, layer) => [
    cut(100_000 + layer * 200_000, 131_072),
    cut(231_072 + layer * 200_000, 68_928),
  ]),
  head: [cut(1_000, 70_000), cut(71_000, 29_000), cut(900_000, 100_000)],
  cacheBytesPerPosition: 10,
  scratchBytes: 64 * 2 ** 20,
};
const manifestBytes = await makeManifest(map, [file.length], {
  read: async (offset, length) => file.slice(offset, offset + length),
  sha256: async (bytes) => sha256(bytes),
});
const MODEL = sha256(manifestBytes);
const { pieces } = parseManifest(MODEL, manifestBytes);
const ORIGIN = { manifestBytes: manifestBytes.length, url: '' };
const ASKER = 'asker' as PeerId;
const order = (first: number, end: number): StageOrder => ({
  model: MODEL,
  span: spanOf(first, end, LAYERS),
  sizes: { slots: 1, maxRows: 8, contextLength: 64, pageSize: 16, pageCounts: [4] },
  hidden: 'f16',
  dim: 8,
});
const stage: Stage = { run: () => Promise.reject(new Error('not asked')), forget() {}, destroy() {} };

class Machine {
  readonly held = new Map<string, Uint8Array<ArrayBuffer>>();
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
        has: (sha256) => this.held.has(sha256),
        read: async (sha256, at, bytes) => this.held.get(sha256)?.slice(at, at + bytes),
        write: async (sha256, bytes) => void this.held.set(sha256, bytes),
      },
      members: () =>
        [...room.values()]
          .filter((other) => other !== this)
          .map(({ peer, held }) => ({
            peer,
            isSuspect: false,
            beat: {
              pieces: [{ model: MODEL, held: toBits(pieces, ({ sha256 }) => held.has(sha256)) }],
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
      readMap: async ({ model }, origin, header) => {
        expect(await header.read(0, 2_000)).toEqual(
          Uint8Array.from([...file.slice(0, 1_000), ...new Uint8Array(1_000)]),
        );
        return { ...map, model, origin };
      },
      hub: async (_, piece) => {
        if (!this.hubWorks) throw new HearthError('offline', 'The hub cannot be reached.');
        this.fromHub.push(piece.offset);
        return file.slice(piece.offset, piece.offset + piece.bytes);
      },
      sha256: async (bytes) => sha256(bytes),
      onForged: (peer) => this.forgers.push(peer),
      freeBytes: () => this.freeBytes,
      onTransfer: (peer, bytes) => this.transfers.push([peer, bytes]),
      makeStage: async ({ span }, _, source) => {
        for (const { offset, bytes } of piecesOf(map, span))
          expect(
            Buffer.compare(await source.read(offset, bytes), file.subarray(offset, offset + bytes)),
          ).toBe(0);
        return stage;
      },
    });
  }

  holds(pieces: readonly Piece[]): void {
    for (const { sha256, offset, bytes } of pieces) this.held.set(sha256, file.slice(offset, offset + bytes));
  }

  open(order: StageOrder, onProgress: (done: number, total: number) => void = () => {}): Promise<Stage> {
    return this.exchange.openStage(order, ORIGIN, ASKER, onProgress);
  }

  /** Of the model's file. */
  get heldBytes(): number {
    return pieces.reduce((sum, { sha256, bytes }) => sum + (this.held.has(sha256) ? bytes : 0), 0);
  }

  isRight(): boolean {
    return [...this.held].every(([hash, bytes]) => sha256(bytes) === hash);
  }
}

function roomOf(...names: string[]) {
  const clock = new ManualClock();
  const room = new Map<PeerId, Machine>();
  // Who asks has read the model's manifest, and here nothing else of it
  new Machine(ASKER, room, clock).held.set(MODEL, manifestBytes);
  return {
    clock,
    machines: names.map((name) => new Machine(name as PeerId, room, clock)) as [Machine, Machine, Machine],
  };
}

describe('a machine that is asked for a stage', () => {
  test('fetches the bytes of its layers, and no others', async () => {
    const { machines } = roomOf('a');
    const progress: number[] = [];
    await machines[0].open(order(1, 3), (done, total) => progress.push(done / total));
    expect(machines[0].heldBytes).toBe(1_000 + 2 * 200_000);
    expect(machines[0].isRight()).toBe(true);
    expect(progress[0]).toBe(0);
    expect(progress.at(-1)).toBe(1);
  });

  test('has an embedding that is the head too once', async () => {
    const { machines } = roomOf('a');
    await machines[0].open(order(0, 4));
    expect(machines[0].heldBytes).toBe(file.length);
    expect(machines[0].fromHub.toSorted((a, b) => a - b)).toEqual(pieces.map(({ offset }) => offset));
  });

  test('asks peers before the hub, and the hub for what no peer has', async () => {
    const { machines } = roomOf('a', 'b');
    machines[1].holds([...map.header, ...map.layers[1]!]);
    await machines[0].open(order(1, 3));
    expect(machines[0].isRight()).toBe(true);
    expect(machines[0].fromHub.sort()).toEqual(map.layers[2]!.map(({ offset }) => offset));
    expect(machines[1].sentBytes).toBeLessThan((1_000 + 200_000) * 1.01);
    expect(machines[0].transfers.reduce((sum, [, bytes]) => sum + bytes, 0)).toBe(
      201_000 + ORIGIN.manifestBytes,
    );
  });

  test('keeps what it has already', async () => {
    const { machines } = roomOf('a');
    machines[0].holds(piecesOf(map, order(1, 2).span));
    await machines[0].open(order(1, 3));
    expect(machines[0].fromHub.sort()).toEqual(map.layers[2]!.map(({ offset }) => offset));
  });

  test('takes no piece twice, though two stages want it at once', async () => {
    const { machines } = roomOf('a');
    const open = (first: number, end: number) => machines[0].open(order(first, end));
    await Promise.all([open(1, 3), open(2, 3)]);
    expect(new Set(machines[0].fromHub).size).toBe(machines[0].fromHub.length);
  });
});

describe('a peer', () => {
  test('that sends other bytes is named, and another one or the hub is asked', async () => {
    const { machines } = roomOf('a', 'b', 'c');
    for (const other of machines.slice(1)) other.holds(pieces);
    machines[1].spoil = (chunk) => chunk.fill(0);
    await machines[0].open(order(1, 2));
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
    machines[1].holds(pieces);
    machines[1].spoil = spoil;
    await machines[0].open(order(1, 2));
    expect(machines[0].isRight()).toBe(true);
  });

  test('that falls silent is given up', async () => {
    const { clock, machines } = roomOf('a', 'b');
    machines[1].holds(pieces);
    let chunks = 0;
    machines[1].spoil = (chunk) => (chunks++ < 2 ? chunk : undefined);
    const opened = machines[0].open(order(1, 2));
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
});

test('where neither peer nor hub has the bytes, the reason is said', async () => {
  const { machines } = roomOf('a');
  machines[0].hubWorks = false;
  await expect(machines[0].open(order(1, 2))).rejects.toThrow('The hub cannot be reached.');
});

test.each([
  ['a model that nobody knows', { ...order(0, 1), model: '00'.repeat(32) }, 'does not know the model'],
  [
    'layers that the model has not',
    { ...order(0, 1), span: { ...order(0, 1).span, end: 9 } },
    'no such stage',
  ],
  ['states of another size', { ...order(0, 1), dim: 16 }, 'no such stage'],
])('a stage of %s is refused before a byte of its layers is fetched', async (_, order, why) => {
  const { machines } = roomOf('a');
  await expect(machines[0].open(order)).rejects.toThrow(why);
  // Its header alone
  expect(machines[0].fromHub.every((offset) => offset === 0)).toBe(true);
});

test('a stage beyond what the owner gives is refused, with what it needs', async () => {
  const { machines } = roomOf('a');
  machines[0].freeBytes = 50e6;
  await expect(machines[0].open(order(0, 4))).rejects.toThrow(
    'The stage needs 65 MB, and this machine gives 48 MB to others now.',
  );
});

test('pieces are told as one bit each', () => {
  const held = new Set([0, 231_072, 900_000]);
  const bits = toBits(pieces, ({ offset }) => held.has(offset));
  expect(bits).toHaveLength(2);
  expect(fromBits(pieces, bits)).toEqual(held);
  expect(fromBits(pieces, new Uint8Array(99).fill(255)).size).toBe(pieces.length);
});

test('a manifest says what it was made of, and one that was made up is refused', () => {
  const places = [0, 1_000, 71_000, ...map.layers.flat().map(({ offset }) => offset), 900_000];
  expect(pieces.map(({ offset }) => offset)).toEqual(places);
  expect(pieces.filter(({ isHeader }) => isHeader)).toMatchObject(map.header);
  for (const length of [0, 10, manifestBytes.length - 1])
    expect(() => parseManifest(MODEL, manifestBytes.slice(0, length))).toThrow();
});

test('a manifest whose pieces lie over each other, or past the end, is refused', async () => {
  const read = async (_: number, length: number) => new Uint8Array(length);
  const made = (pieces: Piece[], bytes: number) =>
    makeManifest({ ...map, header: pieces, embedding: [], layers: [], head: [] }, [bytes], {
      read,
      sha256: async (bytes) => sha256(bytes),
    });
  const [first, second] = [cut(0, 100), cut(50, 100)];
  expect(() => parseManifest(MODEL, manifestBytes)).not.toThrow();
  const over = await made([first, second], 1_000);
  expect(() => parseManifest(MODEL, over)).toThrow('over each other');
  const past = await made([first], 99);
  expect(() => parseManifest(MODEL, past)).toThrow('past its end');
});
