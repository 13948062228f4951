// Speech with nothing standing in: the built extension, OpenAI's own client, and the browser's decoders.
import { resolve } from 'node:path';
import type { OpenAI as Client } from 'openai';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildExtension, DIST } from '../../src/build/extension.mjs';
import { root } from '../../src/build/run.mjs';
import { wavOf } from '../fakes/wav.ts';
import { expectedOf, filesOf, toneOf } from '../golden/tasks/fixtures.ts';
import { bundle } from './bundle.ts';
import { Harness } from './harness.ts';

declare const OpenAI: typeof Client;
declare const client: Client;

let harness: Harness;
let page: Page;
let model: string;
const expected = expectedOf('listener')['automatic-speech-recognition'];
const wav = Buffer.from(wavOf(toneOf(2))).toString('base64');

beforeAll(async () => {
  await buildExtension();
  const files = {
    '/sdk.js': { body: await bundle('openai-sdk.ts'), headers: { 'content-type': 'text/javascript' } },
    '/': { body: '<!doctype html><title>speech</title><script src="/sdk.js"></script>' },
  };
  // On a GPU that the processor plays, only the measuring of what is faster would take a minute
  harness = await Harness.launch(resolve(root, DIST), files, { hasWebGpu: false });
  await harness.call('background', 'wake');
  model = await harness.importFolder('listener', filesOf('listener'));
  const { origin } = new URL(harness.url('http://a.localhost/'));
  await harness.call('background', 'decide', { origin, models: [model], decision: 'allow' });
  page = await harness.open('http://a.localhost/');
  await page.evaluate(async (wav) => {
    const client = new OpenAI({
      baseURL: 'https://hearth.local/v1',
      apiKey: 'none',
      fetch: hearth!.fetch,
      dangerouslyAllowBrowser: true,
    });
    const bytes = await (await fetch(`data:audio/wav;base64,${wav}`)).arrayBuffer();
    Object.assign(globalThis, { client, file: new File([bytes], 'tone.wav') });
  }, wav);
});
afterAll(() => harness?.close());

declare const file: File;

test('OpenAI’s client transcribes, whole and streamed, and gets its own errors', async () => {
  const { whole, verbose, streamed, failure } = await page.evaluate(async (model) => {
    const whole = await client.audio.transcriptions.create({ file, model });
    const verbose = await client.audio.transcriptions.create({
      file,
      model,
      response_format: 'verbose_json',
      timestamp_granularities: ['segment'],
    });
    const streamed: unknown[] = [];
    for await (const event of await client.audio.transcriptions.create({ file, model, stream: true }))
      streamed.push(event);
    const failure = await client.audio.transcriptions
      .create({ file, model, temperature: 7 })
      .catch(({ status, param }) => ({ status, param }));
    return { whole, verbose, streamed, failure };
  }, model);
  expect(whole.text.slice(0, expected.plain.text.trim().length)).toBe(expected.plain.text.trim());
  expect(verbose).toMatchObject({ language: 'english', duration: 2, segments: [{ id: 0 }, {}] });
  const all = streamed as { type: string; delta: string; text: string }[];
  expect(all.at(-1)).toEqual({ type: 'transcript.text.done', text: whole.text });
  expect(
    all
      .slice(0, -1)
      .map(({ delta }) => delta)
      .join(''),
  ).toBe(whole.text);
  expect(failure).toEqual({ status: 400, param: 'temperature' });
});

test('a page’s recording is decoded by the browser, and an AudioBuffer is taken as it is', async () => {
  const { recorded, buffer, refused } = await page.evaluate(async (model) => {
    const hear = await hearth!.pipeline('automatic-speech-recognition', model);
    const context = new AudioContext();
    const tone = new OscillatorNode(context);
    const out = new MediaStreamAudioDestinationNode(context);
    tone.connect(out);
    tone.start();
    const recorder = new MediaRecorder(out.stream);
    const pieces: Blob[] = [];
    const stopped = new Promise<void>((done) => {
      recorder.ondataavailable = ({ data }) => {
        pieces.push(data);
        // A recording of some length, by what has come of it
        if (pieces.length === 6 && recorder.state === 'recording') recorder.stop();
      };
      recorder.onstop = () => done();
    });
    recorder.start(100);
    await stopped;
    const recorded = await hear(new Blob(pieces));
    const buffer = await hear(await context.decodeAudioData(await file.arrayBuffer()));
    const refused = await hear(new Blob(['no audio at all'])).catch((error) => error.message);
    return { recorded, buffer, refused };
  }, model);
  expect(recorded.duration).toBeGreaterThan(0.3);
  expect(recorded.duration).toBeLessThan(30);
  expect(buffer.duration).toBeCloseTo(2, 2);
  expect(refused).toMatch(/cannot read the audio/);
});
