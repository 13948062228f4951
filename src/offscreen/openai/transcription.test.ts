// OpenAI's endpoints for speech, on a tiny model that really hears.
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { fakeEndpoints, type Reply } from '../../../test/fakes/endpoints.ts';
import { fakeEngine } from '../../../test/fakes/engine.ts';
import { nodeTasks } from '../../../test/fakes/tasks.ts';
import { wavOf } from '../../../test/fakes/wav.ts';
import { expectedOf, toneOf } from '../../../test/golden/tasks/fixtures.ts';
import type { EngineCalls } from '../../protocol/engine-calls.ts';

const { tasks } = nodeTasks();
const post = fakeEndpoints({
  ...fakeEngine(async () => {}),
  runTask: {
    parse: (input) => input as EngineCalls['runTask']['input'],
    run: (input, call) => tasks.run(input, (part) => void call.send(part), call.signal),
  },
});
const file = new File([wavOf(toneOf(2))], 'tone.wav');
const { plain, times } = expectedOf('listener')['automatic-speech-recognition'];

function ask(fields: [string, string | Blob][], path = '/audio/transcriptions'): Promise<Reply> {
  const form = new FormData();
  form.set('file', file);
  form.set('model', 'listener');
  for (const [name, value] of fields) form.append(name, value as string);
  return post('POST', path, form);
}

// The runtime is made ready by the first call
beforeAll(() => ask([]), 60_000);

test('json, text and events say the same', async () => {
  const { json } = await ask([]);
  expect(json).toEqual({ text: expect.any(String), usage: { type: 'duration', seconds: 2 } });
  // The fixture's reference had room for fewer tokens
  expect(json.text.slice(0, plain.text.trim().length)).toBe(plain.text.trim());
  expect((await ask([['response_format', 'text']])).text).toBe(`${json.text}\n`);
  const { events } = await ask([['stream', 'true']]);
  const deltas = events.slice(0, -2).map(({ data }) => data);
  expect(deltas.length).toBeGreaterThan(3);
  expect(deltas.map(({ delta }) => delta).join('')).toBe(json.text);
  expect(events.slice(-2).map(({ data }) => data)).toEqual([
    { type: 'transcript.text.done', text: json.text },
    '[DONE]',
  ]);
});

test('verbose_json has stretches with times, and what the model thought of them', async () => {
  const { json } = await ask([
    ['response_format', 'verbose_json'],
    ['timestamp_granularities[]', 'segment'],
    ['language', 'en'],
  ]);
  expect(json).toMatchObject({ task: 'transcribe', language: 'english', duration: 2 });
  const [first] = json.segments;
  expect(first).toMatchObject({
    id: 0,
    seek: 0,
    temperature: 0,
    no_speech_prob: expect.closeTo(times.no_speech, 3),
  });
  expect(first.tokens.every((token: number) => times.tokens.includes(token))).toBe(true);
  expect(
    json.segments
      .map(({ text }: { text: string }) => text)
      .join('')
      .trim(),
  ).toBe(json.text);
});

test('captions as SRT and WebVTT', async () => {
  const srt = (await ask([['response_format', 'srt']])).text;
  expect(srt).toMatch(/^1\n00:00:0\d,\d{3} --> 00:00:0\d,\d{3}\n[\w ]+\n(\n2\n|$)/);
  const vtt = (await ask([['response_format', 'vtt']])).text;
  expect(vtt).toMatch(/^WEBVTT\n\n00:00:0\d\.\d{3} --> 00:00:0\d\.\d{3}\n[\w ]+\n/);
});

test('translations', async () => {
  const { json } = await ask([['prompt', 'the old bird']], '/audio/translations');
  expect(json).toEqual({ text: expect.any(String) });
  expect((await ask([['language', 'en']], '/audio/translations')).json.error.param).toBe('language');
});

test.each([
  { why: 'a file that is a text', fields: [['file', 'x']], param: 'file' },
  { why: 'no model', fields: [['model', '']], param: 'model' },
  { why: 'another format', fields: [['response_format', 'diarized_json']], param: 'response_format' },
  {
    why: 'captions as a stream',
    fields: [
      ['response_format', 'srt'],
      ['stream', 'true'],
    ],
    param: 'response_format',
  },
  { why: 'a stream that is neither', fields: [['stream', 'yes']], param: 'stream' },
  { why: 'a temperature out of range', fields: [['temperature', '2']], param: 'temperature' },
  { why: 'a temperature that is no number', fields: [['temperature', 'warm']], param: 'temperature' },
  {
    why: 'words',
    fields: [
      ['response_format', 'verbose_json'],
      ['timestamp_granularities[]', 'word'],
    ],
    param: 'timestamp_granularities: word',
  },
  { why: 'what nobody follows', fields: [['include[]', 'logprobs']], param: 'include' },
] as { why: string; fields: [string, string][]; param: string }[])(
  '$why is refused in OpenAI’s shape',
  async ({ fields, param }) => {
    const form = new FormData();
    form.set('file', file);
    form.set('model', 'listener');
    for (const [name, value] of fields) form.set(name, value);
    const { status, json } = await post('POST', '/audio/transcriptions', form);
    expect(status).toBe(400);
    expect(json.error).toMatchObject({
      type: 'invalid_request_error',
      param,
      message: expect.stringContaining(param),
    });
  },
);

test('a damaged file, an empty one and a JSON body are refused', async () => {
  for (const bytes of [wavOf(new Float32Array(0)), wavOf(toneOf(1)).slice(0, 30)]) {
    const form = new FormData();
    form.set('file', new Blob([bytes]));
    form.set('model', 'listener');
    const { status, json } = await post('POST', '/audio/transcriptions', form);
    expect(status).toBe(400);
    expect(json.error.message).toMatch(/empty|damaged/);
  }
  expect((await post('POST', '/audio/transcriptions', { model: 'listener' })).json.error.param).toBe('file');
});

const description = ['../shared/data', '../../shared/data']
  .map((folder) => resolve(import.meta.dirname, '../../..', folder, 'openai-openapi/openapi.yaml'))
  .find(existsSync);

describe.skipIf(!description)('OpenAI’s description, where ../shared/data/openai-openapi is there', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const whole = description ? parse(readFileSync(description, 'utf8'), { maxAliasCount: -1 }) : {};
  if (description) ajv.addSchema(JSON.parse(JSON.stringify({ components: whole.components })), 'openai');
  const isAs = (schema: string, value: unknown) => {
    const validate = ajv.getSchema(`openai#/components/schemas/${schema}`)!;
    expect(validate(value) ? [] : validate.errors).toEqual([]);
  };

  test('whole answers and events are as described', async () => {
    isAs('CreateTranscriptionResponseJson', (await ask([])).json);
    isAs('CreateTranscriptionResponseVerboseJson', (await ask([['response_format', 'verbose_json']])).json);
    isAs('CreateTranslationResponseJson', (await ask([], '/audio/translations')).json);
    const verbose = await ask([['response_format', 'verbose_json']], '/audio/translations');
    isAs('CreateTranslationResponseVerboseJson', verbose.json);
    const { events } = await ask([['stream', 'true']]);
    for (const { data } of events.slice(0, -2)) isAs('TranscriptTextDeltaEvent', data);
    isAs('TranscriptTextDoneEvent', events.at(-2)!.data);
  });
});
