// Speech in and out on tiny models, beside what transformers makes of the same sound.
import { beforeAll, describe, expect, test } from 'vitest';
import { nodeTasks } from '../../../test/fakes/tasks.ts';
import { expectedOf, toneOf } from '../../../test/golden/tasks/fixtures.ts';
import type { Transcript, TranscriptPart } from './transcribe.ts';

const { call, tasks } = nodeTasks();
const expected = expectedOf('listener')['automatic-speech-recognition'];
const sound = toneOf(expected.seconds);
const SPEECH = 'automatic-speech-recognition';
/** As many tokens as the reference had room for, whatever stands before them. */
const hear = (options: object, input: unknown = sound) =>
  call(SPEECH, 'listener', input, { max_length: 24, ...options }) as Promise<Transcript>;

// The runtime is made ready by the first call
beforeAll(() => hear({}), 60_000);

describe('one window', () => {
  test.each([
    { why: 'of a language that is found out', options: {}, said: expected.plain },
    { why: 'translated', options: { task: 'translate', language: 'english' }, said: expected.translated },
    { why: 'behind a prompt', options: { prompt: 'the old bird' }, said: expected.prompted },
  ])('$why: the tokens of transformers', async ({ options, said }) => {
    const found = await hear(options);
    expect(found).toEqual({ text: said.text.trim(), language: said.language, duration: 2 });
  });

  test.each([
    { language: undefined, said: expected.times },
    { language: 'de', said: expected.german },
  ])(
    'with times, language $language: stretches, their tokens and probabilities',
    async ({ language, said }) => {
      const { chunks, text } = await hear({ return_timestamps: true, ...(language && { language }) });
      expect(text).toBe(said.text.trim());
      expect(chunks!.flatMap(({ tokens }) => tokens)).toEqual(
        said.tokens.filter((token) => token < expected.end),
      );
      const [first] = chunks!;
      const at = said.tokens.findIndex((token) => token >= expected.first_time);
      expect(first!.timestamp[0]).toBeCloseTo((said.tokens[at]! - expected.first_time) * 0.02, 6);
      expect(first!.no_speech_prob).toBeCloseTo(said.no_speech, 5);
      const mine = chunks!.reduce((sum, { tokens, avg_logprob }) => sum + tokens!.length * avg_logprob!, 0);
      const theirs = said.logprobs
        .filter((_, i) => said.tokens[i]! < expected.end)
        .reduce((a, b) => a + b, 0);
      expect(mine).toBeCloseTo(theirs, 2);
    },
  );

  test('a language that the model does not know is named, with those that it knows', async () => {
    await expect(hear({ language: 'klingon' })).rejects.toThrow(/"klingon".*en, de/);
  });
});

test('long audio goes window by window: times go on, text comes early, and others get a turn', async () => {
  const quiet = new Float32Array(3_200);
  const long = new Float32Array(3 * (sound.length + quiet.length));
  for (let i = 0; i < 3; i++) long.set(sound, i * (sound.length + quiet.length));
  const parts: TranscriptPart[] = [];
  const order: string[] = [];
  const request = {
    task: SPEECH,
    model: 'listener',
    dtype: undefined,
    device: undefined,
    origin: 'https://a.example',
  };
  const args = {
    inputs: [{ kind: 'samples', samples: long, rate: 16_000 }],
    isList: false,
    rest: [],
    options: { return_timestamps: true, chunk_length_s: 2.3, max_length: 24 },
  };
  const whole = tasks
    .run(
      { ...request, args },
      (part) => void parts.push(part as TranscriptPart),
      new AbortController().signal,
    )
    .then((answer) => {
      order.push('long');
      return answer as Transcript;
    });
  const other = call('text-classification', 'classifier', 'the old bird').then(() => order.push('other'));
  const [{ text, chunks, duration }] = await Promise.all([whole, other]);
  expect(order).toEqual(['other', 'long']);
  expect(duration).toBeCloseTo(long.length / 16_000, 6);
  expect(
    parts
      .flatMap((part) => ('delta' in part ? part.delta : []))
      .join('')
      .trim(),
  ).toBe(text);
  expect(parts.flatMap((part) => ('chunk' in part ? part.chunk : []))).toEqual(chunks);
  const starts = chunks!.map(({ timestamp }) => timestamp[0]);
  expect(starts).toEqual([...starts].sort((a, b) => a - b));
  expect(starts.at(-1)).toBeGreaterThan(4);
});

test('what nobody waits for any more ends with its next run', async () => {
  const stop = new AbortController();
  const args = {
    inputs: [{ kind: 'samples', samples: toneOf(60), rate: 16_000 }],
    isList: false,
    rest: [],
    options: {},
  };
  const request = {
    task: SPEECH,
    model: 'listener',
    dtype: undefined,
    device: undefined,
    origin: 'https://a.example',
  };
  const going = tasks.run({ ...request, args }, () => stop.abort(), stop.signal);
  await expect(going).rejects.toMatchObject({ code: 'cancelled' });
  expect(await call('text-classification', 'classifier', 'the old bird')).toHaveLength(1);
  expect(tasks.running).toEqual([]);
});

test('text-to-speech: samples and how many there are in a second', async () => {
  const { texts, rate, spoken } = expectedOf('speaker')['text-to-speech'];
  for (const [i, text] of texts.entries()) {
    const { audio, sampling_rate } = (await call('text-to-speech', 'speaker', text)) as {
      audio: Float32Array;
      sampling_rate: number;
    };
    expect(sampling_rate).toBe(rate);
    expect(audio).toHaveLength(spoken[i]!.length);
    for (const [j, sample] of spoken[i]!.entries()) expect(audio[j]).toBeCloseTo(sample, 4);
  }
});

test('audio-classification: at the rate of the model, whatever the rate of the audio', async () => {
  const { seconds, scores } = expectedOf('sound-classifier')['audio-classification'];
  const found = (await call('audio-classification', 'sound-classifier', toneOf(seconds))) as typeof scores;
  expect(found.map(({ label }) => label)).toEqual(scores.map(({ label }) => label));
  for (const [i, { score }] of scores.entries()) expect(found[i]!.score).toBeCloseTo(score, 4);
});
