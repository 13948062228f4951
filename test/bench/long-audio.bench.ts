// Two hours of audio through a tiny Whisper, in Node: what memory it takes while it goes on. HEARTH_MINUTES for less.
import { mkdirSync, openAsBlob, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../../src/build/run.mjs';
import type { Transcript } from '../../src/tasks/speech/transcribe.ts';
import { nodeTasks } from '../fakes/tasks.ts';
import { wavOf } from '../fakes/wav.ts';
import { toneOf } from '../golden/tasks/fixtures.ts';

const MINUTES = Number(process.env.HEARTH_MINUTES ?? 120);
const file = resolve(root, 'out/bench/long.wav');

test('memory stays flat', async () => {
  const { tasks } = nodeTasks();
  // Half a minute of tones with rests, again and again
  const minute = wavOf(
    new Float32Array(60 * 16_000).map((_, i) => (i % 48_000 < 32_000 ? tone[i % 48_000]! : 0)),
  );
  // As recorders write that do not know the length yet
  new DataView(minute.buffer).setUint32(40, 0xffffffff, true);
  mkdirSync(resolve(root, 'out/bench'), { recursive: true });
  writeFileSync(file, minute.subarray(0, 44));
  for (let i = 0; i < MINUTES; i++) writeFileSync(file, minute.subarray(44), { flag: 'a' });
  const mebibytes: number[] = [];
  const begun = performance.now();
  try {
    const answer = (await tasks.run(
      {
        task: 'automatic-speech-recognition',
        model: 'listener',
        dtype: undefined,
        device: undefined,
        origin: 'https://a.example',
        args: {
          inputs: [{ kind: 'file', blob: await openAsBlob(file) }],
          isList: false,
          rest: [],
          options: { return_timestamps: true, max_length: 24 },
        },
      },
      (part) => {
        const chunk = (part as { chunk?: { seek: number } }).chunk;
        const at = chunk ? Math.floor(chunk.seek / 600) : -1;
        if (at < 0 || mebibytes[at] !== undefined) return;
        const { heapUsed, arrayBuffers, external } = process.memoryUsage();
        mebibytes[at] = Math.round((heapUsed + arrayBuffers + external) / 2 ** 20);
      },
      new AbortController().signal,
    )) as Transcript;
    const seconds = (performance.now() - begun) / 1_000;
    console.log(JSON.stringify({ minutes: MINUTES, seconds, chunks: answer.chunks!.length, mebibytes }));
    expect(answer.duration).toBeCloseTo(MINUTES * 60, 1);
    // A window of samples, its spectrum, and what waits to be collected
    const most = Math.max(...mebibytes.slice(Math.ceil(mebibytes.length / 2)));
    expect(most).toBeLessThan(Math.max(...mebibytes.slice(0, Math.ceil(mebibytes.length / 2))) + 64);
  } finally {
    rmSync(file);
  }
});

const tone = toneOf(2);
