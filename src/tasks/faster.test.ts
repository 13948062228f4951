import { expect, test } from 'vitest';
import { HearthError } from '../protocol/errors.ts';
import type { Backend } from '../protocol/models.ts';
import { faster } from './faster.ts';

/** Work that takes so many milliseconds on each, the first time `warmUp` more. */
function measured(
  ms: Record<Backend, number>,
  { warmUp = 100, fail }: { warmUp?: number; fail?: Error } = {},
) {
  let time = 0;
  const ran: string[] = [];
  const on = async (backend: Backend) => ({ backend });
  const compute = async ({ backend }: { backend: Backend }) => {
    if (backend === 'webgpu' && fail) throw fail;
    time += ms[backend] + (ran.includes(backend) ? 0 : warmUp);
    ran.push(backend);
    return `by ${backend}`;
  };
  return faster(on, compute, () => time);
}

test('the device wins where it is faster once it is warm', async () => {
  const { backend, answer, others } = await measured({ wasm: 9, webgpu: 8 });
  expect({ backend, answer, others }).toEqual({
    backend: 'webgpu',
    answer: 'by webgpu',
    others: [{ backend: 'wasm' }],
  });
});

test('the processor wins where it is as fast', async () => {
  expect(await measured({ wasm: 8, webgpu: 8 })).toMatchObject({
    backend: 'wasm',
    others: [{ backend: 'webgpu' }],
  });
});

test('a device that cannot do it has lost, whatever it says', async () => {
  const fail = new HearthError('bad-input', 'no such operator');
  expect(await measured({ wasm: 8, webgpu: 1 }, { fail })).toMatchObject({
    backend: 'wasm',
    answer: 'by wasm',
  });
});

test('a caller who leaves meanwhile has chosen nothing', async () => {
  const fail = new HearthError('cancelled', 'gone');
  await expect(measured({ wasm: 8, webgpu: 1 }, { fail })).rejects.toBe(fail);
});
