import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fakeClock } from '../../../test/fakes/clock.ts';
import type { AnswerPiece, GeneratePart } from '../../protocol/generate.ts';
import { type StreamOptions, TokenStream } from './stream.ts';

/** Tokens are letters here; each is final at once. */
function letters({ stop = [] as string[], send = async (_: GeneratePart) => {} } = {}) {
  const clock = fakeClock();
  const parts: GeneratePart[] = [];
  const pauses: boolean[] = [];
  const errors: unknown[] = [];
  const stream = new TokenStream({
    clock,
    stop,
    decoder: { push: (id) => String.fromCharCode(id), end: () => '' },
    send(part) {
      parts.push(part);
      return send(part);
    },
    onPause: (isPaused) => pauses.push(isPaused),
    onError: (error) => errors.push(error),
  });
  const write = (text: string) => [...text].some((letter) => stream.push(letter.charCodeAt(0)));
  return { clock, parts, pauses, errors, stream, write, text: () => parts.map(({ text }) => text).join('') };
}

test('the first token goes out at once, the next ones together a tick later', async () => {
  const { clock, parts, write } = letters();
  write('a');
  await clock.advance(1);
  write('bc');
  await clock.advance(3);
  write('d');
  expect(parts.map(({ text }) => text)).toEqual(['a']);
  await clock.advance(10);
  expect(parts.map(({ text }) => text)).toEqual(['a', 'bcd']);
  expect(parts[1]!.ids).toHaveLength(3);
});

test('a stop string is never seen, even in pieces, and what only began like one is', async () => {
  const { stream, write, text } = letters({ stop: ['END'] });
  expect(write('xENyEN')).toBe(false);
  expect(write('D')).toBe(true);
  await stream.end();
  expect(text()).toBe('xENy');
});

test('text held back at the end is sent', async () => {
  const { stream, write, text } = letters({ stop: ['###'] });
  write('a##');
  await stream.end();
  expect(text()).toBe('a##');
});

test('a reader that takes nothing pauses the sequence; once it reads, the rest comes in one part', async () => {
  let read = () => {};
  const { clock, parts, pauses, write } = letters({ send: () => new Promise((resolve) => (read = resolve)) });
  write('a');
  write('b'.repeat(300));
  await clock.advance(100);
  expect(parts).toHaveLength(1);
  expect(pauses).toEqual([true]);
  read();
  await clock.advance(100);
  expect(parts[1]!.text).toHaveLength(300);
  expect(pauses).toEqual([true]);
  read();
  await clock.advance(100);
  expect(pauses).toEqual([true, false]);
});

test('a reader that is gone is reported', async () => {
  const { clock, errors, write } = letters({ send: () => Promise.reject(new Error('gone')) });
  write('a');
  await clock.advance(1);
  expect(errors).toHaveLength(1);
});

test('however text is cut, what arrives is the text up to the first stop string', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 40 }),
      fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 3 }), {
        maxLength: 3,
      }),
      async (source, stop) => {
        const { stream, write, text } = letters({ stop });
        write(source);
        await stream.end();
        const ends = stop.map((s) => source.indexOf(s)).filter((i) => i >= 0);
        // The string that is complete first wins: that is the one whose end comes first
        const firstEnd = Math.min(
          ...stop.filter((s) => source.includes(s)).map((s) => source.indexOf(s) + s.length),
        );
        const expected =
          ends.length === 0
            ? source
            : source.slice(
                0,
                Math.min(
                  ...stop
                    .filter((s) => source.indexOf(s) >= 0 && source.indexOf(s) + s.length <= firstEnd)
                    .map((s) => source.indexOf(s)),
                ),
              );
        expect(text()).toBe(expected);
      },
    ),
  );
});

/** Tokens are pieces here. */
function pieces(all: AnswerPiece[], options: Partial<StreamOptions>) {
  const parts: GeneratePart[] = [];
  const stream = new TokenStream({
    clock: fakeClock(),
    stop: [],
    hasPieces: true,
    decoder: { push: (id) => [all[id]!], end: () => [] },
    send: async (part) => void parts.push(part),
    onPause: () => {},
    onError: () => {},
    ...options,
  });
  const stops = all.map((_, id) => stream.push(id, -id));
  return { stream, parts, stops };
}

test('an answer that is read comes in pieces and their order, stop strings in its text alone', async () => {
  const call = { toolCall: { index: 0, id: 'c', name: 'f', argumentsDelta: '{}' } };
  const all = [{ reasoning: 'END ' }, { text: 'aE' }, call, { text: 'b' }, { text: 'EN' }, { text: 'D' }];
  const { stream, parts, stops } = pieces(all, { stop: ['END'] });
  await stream.end();
  expect(stops).toEqual([false, false, false, false, false, true]);
  expect(parts.flatMap((part) => part.pieces)).toEqual([
    { reasoning: 'END ' },
    { text: 'aE' },
    call,
    { text: 'b' },
  ]);
  expect(parts.map(({ text }) => text).join('')).toBe('aEb');
  expect(stream.reasoningTokens).toBe(1);
});

test('an answer ends before it calls more tools than it may', async () => {
  const call = (index: number) => ({ toolCall: { index, id: `c${index}`, name: 'f', argumentsDelta: '{}' } });
  const { stream, parts, stops } = pieces([call(0), call(1)], { maxToolCalls: 1 });
  await stream.end();
  expect(stops).toEqual([false, true]);
  expect(parts.flatMap((part) => part.pieces)).toEqual([call(0)]);
});

test('the likeliest tokens come with their bytes beside the chosen one, pieces of characters as they are', async () => {
  const parts: GeneratePart[] = [];
  const stream = new TokenStream({
    decoder: { push: () => '', end: () => '€' },
    bytesOf: (id) => Uint8Array.of(0xe2, id),
    stop: [],
    clock: fakeClock(),
    send: async (part) => void parts.push(part),
    onPause: () => {},
    onError: () => {},
  });
  stream.push(0x82, -2, [
    { id: 0x83, logprob: -1 },
    { id: 0x82, logprob: -2 },
  ]);
  await stream.end();
  expect(parts.flatMap(({ logprobs }) => logprobs)).toEqual([
    {
      bytes: [0xe2, 0x82],
      logprob: -2,
      top: [
        { bytes: [0xe2, 0x83], logprob: -1 },
        { bytes: [0xe2, 0x82], logprob: -2 },
      ],
    },
  ]);
});

test('log-probabilities come with the bytes of their tokens', async () => {
  const { stream, parts } = pieces([{ text: 'a' }, { text: 'b' }], { bytesOf: (id) => Uint8Array.of(id) });
  await stream.end();
  expect(parts.flatMap(({ logprobs }) => logprobs)).toEqual([
    { bytes: [0], logprob: -0 },
    { bytes: [1], logprob: -1 },
  ]);
});
