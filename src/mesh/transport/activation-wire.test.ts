import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decode, encodeAck, encodePing, encodeSlice } from './activation-wire.ts';

const u32 = fc.nat(2 ** 32 - 1);
const u16 = fc.nat(2 ** 16 - 1);
const u8 = fc.nat(255);

test('a slice is read as it was written', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 5_000 }),
      fc.integer({ min: 1, max: 4_000 }),
      fc.record({ path: u8, epoch: u32, order: u32, frame: u32, sentAt: u32 }),
      fc.nat(),
      (frame, sliceBytes, rest, pick) => {
        const count = Math.max(1, Math.ceil(frame.length / sliceBytes));
        const header = { ...rest, frameBytes: frame.length, sliceBytes, index: pick % count };
        const slice = decode(encodeSlice(header, frame).buffer);
        const from = header.index * sliceBytes;
        expect(slice).toEqual({
          kind: 'slice',
          ...header,
          count,
          payload: frame.slice(from, from + sliceBytes),
        });
      },
    ),
  );
});

test('acks and pings are read as they were written', () => {
  const missing = fc.array(fc.record({ frame: u32, index: u16 }), { maxLength: 170 });
  const ack = fc.record({ path: u8, epoch: u32, next: u32, expected: u32, arrived: u32, echo: u32, missing });
  fc.assert(
    fc.property(ack, (ack) => {
      expect(decode(encodeAck(ack).buffer)).toEqual({ kind: 'ack', ...ack });
    }),
  );
  const ping = fc.record({ path: u8, epoch: u32, sentAt: u32 });
  fc.assert(
    fc.property(ping, (ping) => {
      expect(decode(encodePing(ping).buffer)).toEqual({ kind: 'ping', ...ping });
    }),
  );
});

test('the header lies in the bytes as it is drawn', () => {
  const header = {
    path: 2,
    epoch: 0x01020304,
    order: 5,
    frame: 6,
    frameBytes: 3,
    sliceBytes: 2,
    index: 1,
    sentAt: 9,
  };
  expect([...encodeSlice(header, Uint8Array.of(10, 11, 12))]).toEqual([
    ...[1, 1, 2, 0, 1, 2, 3, 4, 0, 0, 0, 5, 0, 0, 0, 6],
    ...[0, 0, 0, 3, 0, 2, 0, 1, 0, 0, 0, 9, 12],
  ]);
});

test('any bytes are understood whole or refused, and what is understood fits its own frame', () => {
  const start = fc.tuple(fc.constant(1), fc.integer({ min: 0, max: 4 }));
  const bytes = fc.tuple(start, fc.uint8Array({ maxLength: 300 })).map(([a, b]) => Uint8Array.of(...a, ...b));
  fc.assert(
    fc.property(bytes, (bytes) => {
      const message = decode(bytes.buffer);
      if (message?.kind !== 'slice') return;
      const end = message.index * message.sliceBytes + message.payload.length;
      expect(end).toBeLessThanOrEqual(message.frameBytes);
      expect(message.index).toBeLessThan(message.count);
    }),
    { numRuns: 2_000 },
  );
  for (const other of ['text', undefined, {}, new Uint8Array(30)]) expect(decode(other)).toBeUndefined();
});

test('a message that is cut or too long is refused', () => {
  const header = {
    path: 0,
    epoch: 1,
    order: 1,
    frame: 1,
    frameBytes: 10,
    sliceBytes: 10,
    index: 0,
    sentAt: 1,
  };
  const whole = encodeSlice(header, new Uint8Array(10));
  for (let length = 0; length < whole.length; length++)
    expect(decode(whole.slice(0, length).buffer)).toBeUndefined();
  expect(decode(Uint8Array.of(...whole, 0).buffer)).toBeUndefined();
});
