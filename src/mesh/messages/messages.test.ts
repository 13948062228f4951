import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HearthError } from '../../protocol/errors.ts';
import { GREEDY } from '../../protocol/generate.ts';
import type { PeerId } from '../../protocol/peer-id.ts';
import { encodeActivation, type IdsFrame, parseActivation, type RowsFrame } from './activation.ts';
import { type ControlMessage, encodeChunk, encodeControl, parseChunk, parseControl } from './control.ts';

const peer = `${'Ab-_9'.repeat(8)}xyA` as PeerId;
const model = 'f0'.repeat(32);
const chain = 0xdeadbeef;

const messages: ControlMessage[] = [
  {
    kind: 'beat',
    incarnation: 2 ** 40,
    beat: 7,
    name: 'Küche',
    gpu: 'a GPU',
    isSharing: true,
    freeBytes: 6e9,
    bytesPerMs: 1.5e8,
    speeds: [{ model, msPerLayer: 0.4, msPerLayerRow: 0.01 }],
    queue: 3,
    load: 0.25,
    rtts: [{ peer, rttMs: 1.25 }],
    planHash: 0xffffffff,
    grant: '',
    worksFor: [],
    tokensPerSecond: 0,
    standing: [{ model, span: { first: 4, end: 9, embeds: false, samples: true } }],
    pieces: [{ model, held: Uint8Array.of(255, 1) }],
  },
  { kind: 'leaving', incarnation: 3 },
  {
    kind: 'open',
    chain,
    epoch: 2,
    order: {
      model,
      span: { first: 0, end: 3, embeds: true, samples: false },
      sizes: { slots: 4, maxRows: 64, contextLength: 4096, pageSize: 16, pageCounts: [256, 32] },
      hidden: 'f32',
      dim: 2048,
    },
    origin: { manifestBytes: 9_000, url: 'https://models.example/a.gguf' },
    from: peer,
    to: peer,
    isStandby: false,
  },
  { kind: 'loading', chain, epoch: 2, doneBytes: 10, totalBytes: 2 ** 40 },
  { kind: 'ready', chain, epoch: 2 },
  { kind: 'refused', chain, epoch: 2, why: 'No room.' },
  { kind: 'failed', chain, epoch: 2, isInput: true, why: 'No.' },
  { kind: 'close', chain },
  { kind: 'probe', chain, epoch: 1 },
  { kind: 'progress', chain, epoch: 1, received: 9, done: 8 },
  { kind: 'want', request: 1, sha256: model, at: 2 ** 22, bytes: 65536 },
  { kind: 'missing', request: 1 },
  { kind: 'reveal', chain, epoch: 1, step: 5, row: 2 },
  {
    kind: 'revealed',
    chain,
    epoch: 1,
    step: 5,
    row: 2,
    input: Uint8Array.of(1),
    output: Uint8Array.of(2, 3),
  },
  {
    kind: 'receipt',
    receipt: { giver: peer, taker: peer, number: 2 ** 42, chain, rowLayers: 1e6, gpuMs: 1.5, bytes: 3 },
    signature: new Uint8Array(64).fill(7),
  },
  { kind: 'countersigned', number: 2 ** 42, signature: new Uint8Array(64) },
  { kind: 'signal', bytes: Uint8Array.of(0, 1, 2) },
];

const rowsFrame: RowsFrame = {
  kind: 'rows',
  chain,
  epoch: 3,
  step: 4,
  coordinator: peer,
  spentUs: [100, 4_000_000_000],
  lane: 'guest',
  type: 'f16',
  pages: [{ group: 1, slot: 2, index: 3, page: 4 }],
  samplers: [
    {
      slot: 2,
      sampling: { ...GREEDY, temperature: 0.7, repetitionPenalty: 1.1 },
      promptLength: 2,
      tokens: [5, 6, 7],
    },
  ],
  rows: [{ token: 1, position: 2, slot: 3, isOutput: true }],
  hidden: Uint8Array.of(1, 2, 3, 4),
};
const idsFrame: IdsFrame = {
  kind: 'ids',
  chain,
  epoch: 3,
  step: 4,
  coordinator: peer,
  spentUs: [],
  ids: Uint32Array.of(1, 0xfffffffe),
};

test.each(messages)('a $kind comes out as it went in', (message) => {
  expect(parseControl(encodeControl(message))).toEqual(message);
});

test.each([rowsFrame, idsFrame])('$kind come out as they went in', (frame) => {
  expect(parseActivation(encodeActivation(frame))).toEqual(frame);
});

test('the header lies where it is drawn', () => {
  const view = new DataView(encodeActivation(rowsFrame).buffer);
  expect([0, 1, 2, 3].map((at) => view.getUint8(at))).toEqual([1, 0, 2, 0]);
  expect([4, 8, 12].map((at) => view.getUint32(at, true))).toEqual([chain, 3, 4]);
  const coordinator = new Uint8Array(view.buffer, 16, 32);
  expect(Buffer.from(coordinator).toString('base64url')).toBe(peer);
  expect([48, 52, 56].map((at) => view.getUint32(at, true))).toEqual([2, 100, 4_000_000_000]);
});

test('tokens that nothing counts stay at home', () => {
  const [sampler] = rowsFrame.samplers;
  const frame = { ...rowsFrame, samplers: [{ ...sampler!, sampling: GREEDY }] };
  expect(parseActivation(encodeActivation(frame))).toMatchObject({ samplers: [{ tokens: [] }] });
});

/** Reads it, or says in words that it cannot be read; nothing else. */
function readOrRefuse(
  parse: (frame: Uint8Array<ArrayBuffer>) => unknown,
  frame: Uint8Array<ArrayBuffer>,
): boolean {
  try {
    parse(frame);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(HearthError);
    expect(error).toMatchObject({ code: 'bad-input' });
    return false;
  }
}

describe.each([
  {
    name: 'control',
    parse: parseControl as (frame: Uint8Array<ArrayBuffer>) => unknown,
    good: messages.map(encodeControl),
  },
  { name: 'activation', parse: parseActivation, good: [rowsFrame, idsFrame].map(encodeActivation) },
])('$name frames from strangers', ({ parse, good }) => {
  test('cut off anywhere, are refused', () => {
    for (const frame of good)
      for (let end = 0; end < frame.length; end++) {
        const isHidden = parse === parseActivation && end >= frame.length - 4 && frame === good[0];
        // Hidden states go to the frame's end: how many belong there is for the stage to know
        if (!isHidden) expect(readOrRefuse(parse, frame.slice(0, end))).toBe(false);
      }
  });

  test('with anything changed, are read or refused', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...good),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
        (frame, changes) => {
          const bytes = frame.slice();
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          readOrRefuse(parse, bytes);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('of noise, are read or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        readOrRefuse(parse, Uint8Array.from([1, ...noise]));
      }),
      { numRuns: 2_000 },
    );
  });
});

test.each([
  ['a list that is longer than its message', [1, 7, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]],
  ['another version', [2, 0]],
  ['a kind that is not known', [1, 200]],
  ['nothing', []],
])('%s is refused before anything is made for it', (_, bytes) => {
  expect(readOrRefuse(parseControl, Uint8Array.from(bytes))).toBe(false);
});

test('an open that would need buffers of gigabytes is refused', () => {
  const open = messages.find((message) => message.kind === 'open')!;
  const order = { ...open.order, dim: 65_536, sizes: { ...open.order.sizes, maxRows: 2_048 } };
  expect(() => parseControl(encodeControl({ ...open, order }))).toThrow('would not fit a frame');
});

test('a chunk comes out as it went in, and no longer than it may be', () => {
  expect(parseChunk(encodeChunk(9, Uint8Array.of(1, 2)))).toEqual({ request: 9, chunk: Uint8Array.of(1, 2) });
  expect(() => parseChunk(encodeChunk(9, new Uint8Array(65_537)))).toThrow('65541 bytes');
  expect(() => parseChunk(new Uint8Array(3))).toThrow('3 bytes');
});
