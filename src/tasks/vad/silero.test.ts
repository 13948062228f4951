// Silero's detector beside the probabilities that ONNX Runtime gave outside of a browser, on the recording that it comes with.
import { describe, expect, test } from 'vitest';
import { nodeTasks } from '../../../test/fakes/tasks.ts';
import {
  detectorFile,
  hasSilero,
  recordingFile,
  VARIANTS,
  wantedProbabilities,
} from '../../../test/golden/tasks/silero.ts';
import type { SpeechFound } from './detect-speech.ts';
import { WINDOW } from './silero-state.ts';

describe.skipIf(!hasSilero)('Silero’s detector, where ../shared/data/silero-vad is there', () => {
  const models = Object.fromEntries(VARIANTS.map((name) => [name, hasSilero ? detectorFile(name) : {}]));
  const { call, tasks } = nodeTasks(undefined, models);
  const wav = new Blob(hasSilero ? [recordingFile()] : []);
  const detect = (model: string, input: unknown, options = {}) =>
    call('voice-activity-detection', model, input, options) as Promise<SpeechFound>;
  const whole = (seconds: number) => wav.slice(0, 44 + 32_000 * seconds);

  test.each(VARIANTS)(
    '%s: the probability of every window is the expected one',
    async (name) => {
      // A minute of one, some seconds of the others, which take longer
      const wanted = wantedProbabilities(name).slice(
        0,
        name === 'silero_vad_op18_ifless.onnx' ? undefined : 300,
      );
      const { probabilities } = await detect(name, wav.slice(0, 44 + wanted.length * WINDOW * 2));
      expect(probabilities).toHaveLength(wanted.length);
      for (const [i, value] of wanted.entries()) expect(probabilities[i]).toBeCloseTo(value, 3);
    },
    30_000,
  );

  test('a stream in uneven pieces gives what the whole gives', async () => {
    const model = 'silero_vad_16k_op15.onnx';
    const all = await detect(model, whole(6));
    const samples = new Float32Array(new Int16Array(await wav.slice(44, 44 + 192_000).arrayBuffer())).map(
      (x) => x / 2 ** 15,
    );
    let state: unknown;
    const probabilities: number[] = [];
    for (let at = 0, size = 100; at < samples.length; at += size, size = (size * 7) % 30_011) {
      const found = await detect(model, samples.slice(at, at + size), {
        streaming: true,
        ...(state ? { state } : {}),
      });
      probabilities.push(...found.probabilities);
      state = structuredClone(found.state);
    }
    expect(probabilities).toHaveLength(Math.floor(samples.length / WINDOW));
    expect(probabilities).toEqual([...all.probabilities.slice(0, probabilities.length)]);
  });

  test('speech is where the probabilities are high', async () => {
    const { speech, probabilities } = await detect('silero_vad_16k_op15.onnx', whole(10), {
      speech_pad_ms: 0,
    });
    expect(speech.length).toBeGreaterThan(0);
    for (const { start, end } of speech) {
      const inside = probabilities.slice(Math.round(start / 0.032), Math.floor(end / 0.032));
      expect(inside.reduce((sum, one) => sum + one, 0) / inside.length).toBeGreaterThan(0.5);
    }
  });

  test('others come between the turns of a long one', async () => {
    const order: string[] = [];
    const long = detect('silero_vad_16k_op15.onnx', whole(60)).then(() => order.push('long'));
    const short = call('voice-activity-detection', 'silero_vad_half.onnx', new Float32Array(512)).then(() =>
      order.push('short'),
    );
    await Promise.all([long, short]);
    expect(order).toEqual(['short', 'long']);
    expect(tasks.running).toEqual([]);
  });

  test('a state that is not one, and samples that are no numbers, are refused', async () => {
    for (const state of [{}, 7, { hidden: new Float32Array(3) }])
      expect(() => detect(VARIANTS[0]!, new Float32Array(9), { state })).toThrow(/an earlier call/);
    expect(() => detect(VARIANTS[0]!, Float32Array.of(0, Number.NaN))).toThrow(/finite number/);
  });
});
