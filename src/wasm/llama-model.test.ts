import { expect, test } from 'vitest';
import type { WasmText } from '../protocol/wasm-calls.ts';
import { LlamaModel } from './llama-model.ts';

/** A model whose cache is full with 100 tokens at once, whose next token is the text's length, and what happened to it. */
function open({ breaksAt = Number.POSITIVE_INFINITY } = {}) {
  const log: string[] = [];
  let steps = 0;
  let held = 0;
  const model = new LlamaModel(async () => {
    log.push('start');
    return {
      async next({ tokens }) {
        log.push(`next ${tokens.length}`);
        if (++steps === breaksAt) throw new Error('out of bounds');
        held += tokens.length;
        if (held > 100) throw new Error('Context size has been exceeded.');
        await Promise.resolve();
        held -= tokens.length;
        return tokens.length;
      },
      exit: () => void log.push('exit'),
    };
  }, 100);
  return { model, log };
}

const text = (id: number, length: number): WasmText => ({
  id,
  tokens: new Uint32Array(length),
  promptLength: 1,
  sampling: {
    temperature: 0,
    topK: 0,
    topP: 1,
    minP: 0,
    repetitionPenalty: 1,
    frequencyPenalty: 0,
    presencePenalty: 0,
    seed: 0,
  },
});

test('the longest text is asked for first, and each gets its own token', async () => {
  const { model, log } = open();
  expect(await model.step([text(1, 3), text(2, 9), text(3, 5)])).toEqual([3, 9, 5]);
  expect(log).toEqual(['start', 'next 9', 'next 5', 'next 3']);
});

test('texts that the cache cannot hold side by side are computed one batch after the other', async () => {
  const { model, log } = open();
  expect(await model.step([text(1, 30), text(2, 60), text(3, 40), text(4, 70)])).toEqual([30, 60, 40, 70]);
  expect(log).toEqual(['start', 'next 70', 'next 60', 'next 40', 'next 30']);
});

test('a text that goes on counts for nothing, however long; old ones bring a new start', async () => {
  const { model, log } = open();
  const starts = () => log.filter((line) => line === 'start').length;
  for (let length = 1; length <= 90; length++) await model.step([text(1, length)]);
  await model.step([text(2, 70)]);
  await model.step([text(2, 71)]);
  expect(starts()).toBe(1);
  expect(await model.step([text(3, 20)])).toEqual([20]);
  expect(log.slice(-3)).toEqual(['exit', 'start', 'next 20']);
  // Only what ended since counts again
  await model.step([text(4, 70)]);
  await model.step([text(5, 70)]);
  expect(starts()).toBe(2);
  await model.step([text(6, 1)]);
  expect(starts()).toBe(3);
});

test('one that broke says so', async () => {
  const { model } = open({ breaksAt: 2 });
  await model.step([text(1, 3)]);
  await expect(model.step([text(1, 4)])).rejects.toMatchObject({ code: 'internal' });
});
