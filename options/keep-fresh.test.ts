import { signal } from '@preact/signals';
import { expect, test } from 'vitest';
import type { ModelInfo } from '../src/protocol/models.ts';
import { someModels } from '../test/fakes/screen-scenes.ts';
import { keepFresh } from './keep-fresh.ts';
import type { Transfer } from './models-store.ts';

const settle = () => new Promise(setImmediate);
const [ready] = someModels as [ModelInfo];
const moving: ModelInfo = { ...ready, state: 'downloading' };

test('the list is read each second while another window downloads, and left alone otherwise', async () => {
  const models = signal<readonly ModelInfo[] | undefined>(undefined);
  const transfers = signal<readonly Transfer[]>([]);
  let next: readonly ModelInfo[] = [moving];
  let reads = 0;
  const refresh = async () => {
    reads++;
    models.value = next;
  };
  let tick = () => {};
  void keepFresh({ models, transfers, refresh }, () => new Promise((end) => (tick = end)));
  const second = async () => {
    await settle();
    tick();
    await settle();
  };

  await settle();
  expect(reads).toBe(1);
  await second();
  expect(reads).toBe(2);

  // This window's own download tells of itself
  transfers.value = [{ key: moving.id, label: moving.name, progress: undefined }];
  await second();
  expect(reads).toBe(2);

  transfers.value = [];
  next = [ready];
  await second();
  expect(reads).toBe(3);
  await second();
  expect(reads).toBe(3);
});
