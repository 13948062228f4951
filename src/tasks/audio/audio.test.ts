import { expect, test } from 'vitest';
import { wavOf } from '../../../test/fakes/wav.ts';
import { windowEnd } from '../speech/pauses.ts';
import { transcribe, type Transcript } from '../speech/transcribe.ts';
import { lastSpan, nextWindow, padded, QUIET, type Span } from '../vad/speech-spans.ts';
import { audio } from './audio-input.ts';
import { type AudioSource, openAudio } from './audio-source.ts';
import { readFrames, readWav } from './wav.ts';

/** A tone far from any edge of a filter. */
const tone = (rate: number, seconds: number, hertz = 440) =>
  Float32Array.from({ length: rate * seconds }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hertz * i) / rate));
const file = (bytes: Uint8Array<ArrayBuffer>) => ({ kind: 'file' as const, blob: new Blob([bytes]) });

test.each([44_100, 48_000, 22_050, 8_000, 11_025])(
  'a tone at %i Hz is the same tone at 16 kHz',
  async (rate) => {
    const source = await openAudio({ kind: 'samples', samples: tone(rate, 1), rate }, 16_000, 'x');
    expect(source.length).toBe(16_000);
    const found = await source.read(0, source.length);
    const wanted = tone(16_000, 1);
    for (let i = 200; i < 15_800; i++) expect(Math.abs(found[i]! - wanted[i]!)).toBeLessThan(1e-3);
  },
);

test('what is above half the rate is taken out, and does not come back as another tone', async () => {
  const source = await openAudio(
    { kind: 'samples', samples: tone(48_000, 1, 11_000), rate: 48_000 },
    16_000,
    'x',
  );
  const found = (await source.read(0, source.length)).subarray(200, -200);
  expect(Math.max(...found.map(Math.abs))).toBeLessThan(1e-3);
});

test('pieces that are read one by one are what is read at once', async () => {
  const source = await openAudio(file(wavOf(tone(44_100, 1), 44_100)), 16_000, 'x');
  const whole = await source.read(0, source.length);
  const pieces: number[] = [];
  for (let at = 0, size = 1; at < source.length; at += size, size = (size * 3) % 1_999)
    pieces.push(...(await source.read(at, Math.min(source.length, at + size))));
  expect(pieces).toEqual([...whole]);
});

test.each([
  { format: 1, bits: 8, bytes: [0, 128, 192], values: [-1, 0, 0.5] },
  { format: 1, bits: 16, bytes: [0, 128, 0, 64], values: [-1, 0.5] },
  { format: 1, bits: 24, bytes: [0, 0, 128, 0, 0, 64], values: [-1, 0.5] },
  { format: 1, bits: 32, bytes: [0, 0, 0, 128, 0, 0, 0, 64], values: [-1, 0.5] },
  { format: 3, bits: 32, bytes: [0, 0, 0, 63, 0, 0, 192, 127], values: [0.5, 0] },
])('a WAV file of format $format with $bits bits', async ({ format, bits, bytes, values }) => {
  const head = wavOf(new Float32Array(0));
  const view = new DataView(head.buffer);
  view.setUint16(20, format, true);
  view.setUint16(32, bits / 8, true);
  view.setUint16(34, bits, true);
  view.setUint32(40, bytes.length, true);
  const blob = new Blob([head, new Uint8Array(bytes)]);
  const wav = (await readWav(blob))!;
  expect(wav.frames).toBe(values.length);
  expect([...(await readFrames(blob, wav, 0, wav.frames))]).toEqual(values);
});

test('two channels become their mean', async () => {
  const blob = new Blob([wavOf(Float32Array.of(1, 0, 0.5, -0.5), 16_000, 2)]);
  const found = await readFrames(blob, (await readWav(blob))!, 0, 2);
  expect(found[0]).toBeCloseTo(0.5, 3);
  expect(found[1]).toBeCloseTo(0, 3);
});

test.each([
  { why: 'no samples for each second', at: 24, value: 0 },
  { why: 'no channel', at: 22, value: 0 },
  { why: 'more channels than there are bytes for', at: 22, value: 9 },
  { why: 'no bits', at: 34, value: 0 },
  { why: 'a compressed format', at: 20, value: 85 },
])('a WAV file that says $why is refused', async ({ at, value }) => {
  const bytes = wavOf(tone(16_000, 0.01));
  if (at === 24) new DataView(bytes.buffer).setUint32(at, value, true);
  else new DataView(bytes.buffer).setUint16(at, value, true);
  await expect(readWav(new Blob([bytes]))).rejects.toMatchObject({ code: 'bad-input' });
});

test('a WAV file that says it has more than is there has what is there', async () => {
  const bytes = wavOf(tone(16_000, 0.01));
  new DataView(bytes.buffer).setUint32(40, 0xffffffff, true);
  expect((await readWav(new Blob([bytes])))!.frames).toBe(160);
});

test.each([
  { why: 'a text', value: 'sound' },
  { why: 'numbers', value: [1, 2] },
  { why: 'samples of the wrong width', value: new Float64Array(3) },
  { why: 'no rate', value: { audio: new Float32Array(3) } },
  { why: 'a rate of nothing', value: { audio: new Float32Array(3), sampling_rate: 0 } },
  {
    why: 'channels of different lengths',
    value: { channels: [new Float32Array(3), new Float32Array(2)], sampleRate: 16_000 },
  },
  { why: 'a sample that is endless', value: Float32Array.of(Number.POSITIVE_INFINITY) },
  { why: 'years', value: { audio: new Float32Array(2 ** 24), sampling_rate: 1_000 } },
])('$why is no audio', ({ value }) => {
  expect(() => audio(value, 'the input')).toThrow(
    expect.objectContaining({ code: expect.stringMatching(/bad-input|too-long/) }),
  );
});

test('minutes of a file are read a window at a time, each from a pause on', async () => {
  // Four seconds of noise, one of silence, again and again
  const samples = new Float32Array(3 * 60 * 16_000).map((_, i) =>
    i % 80_000 < 64_000 ? Math.sin(i * i) : 0,
  );
  let most = 0;
  class Watched extends Blob {
    override slice(from: number, to: number): Blob {
      most = Math.max(most, Math.min(to, this.size) - from);
      return super.slice(from, to);
    }
  }
  const watched = new Watched([wavOf(samples)]);
  const heard: number[] = [];
  const args = {
    inputs: [{ kind: 'file', blob: watched }],
    isList: false,
    rest: [],
    options: { return_timestamps: true },
  };
  const { text, chunks, duration } = (await transcribe(args, {
    async ask({ inputs }) {
      const window = inputs[0] as Float32Array;
      heard.push(window.length);
      return { text: ' hm', chunks: [{ timestamp: [0, 1], text: ' hm' }] };
    },
    send() {},
  })) as Transcript;
  expect(most).toBeLessThanOrEqual(30 * 16_000 * 2);
  expect(heard.reduce((sum, one) => sum + one)).toBe(samples.length);
  expect(duration).toBe(180);
  expect(text).toBe(heard.map(() => 'hm').join(' '));
  for (const { timestamp } of chunks!.slice(1)) expect(samples[Math.round(timestamp[0] * 16_000)]).toBe(0);
});

test('a window without a pause ends all the same, and the last one where the audio does', async () => {
  const source: AudioSource = {
    rate: 16_000,
    length: 40_000,
    read: async (from, to) => new Float32Array(to - from).fill(1),
  };
  const end = await windowEnd(source, 0, 16_000);
  expect(end).toBeGreaterThan(10_000);
  expect(end).toBeLessThanOrEqual(16_000);
  expect(await windowEnd(source, 30_000, 16_000)).toBe(40_000);
});

test('speech begins at a high probability and ends behind a long enough silence', () => {
  const rules = { threshold: 0.5, until: 0.35, minSilence: 200, minSpeech: 150, pad: 30 };
  const probabilities = [0.1, 0.9, 0.4, 0.2, 0.9, 0.2, 0.2, 0.2, 0.1, 0.9, 0.1, 0.1, 0.1, 0.6, 0.8];
  const spans: Span[] = [];
  let state = QUIET;
  for (const [i, one] of probabilities.entries()) {
    const next = nextWindow(state, one, i * 100, rules);
    state = next.state;
    if (next.span) spans.push(next.span);
  }
  // The one at 900 is too short
  expect(spans).toEqual([{ start: 100, end: 500 }]);
  const last = lastSpan(state, 1_500, rules)!;
  expect(last).toEqual({ start: 1_300, end: 1_500 });
  expect(padded([...spans, { start: 520, end: 900 }, last], 30, 1_500)).toEqual([
    { start: 70, end: 510 },
    { start: 510, end: 930 },
    { start: 1_270, end: 1_500 },
  ]);
});
