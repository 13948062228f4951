// A model of the hub comes to this disk and is computed with: the library's own word for which files that takes.
import { createHash } from 'node:crypto';
import { beforeAll, expect, test, vi } from 'vitest';
import { MemoryDirectory } from '../../test/fakes/memory-directory.ts';
import { nodeTasks } from '../../test/fakes/tasks.ts';
import { FakeTime } from '../../test/fakes/time.ts';
import { expectedOf, filesOf } from '../../test/golden/tasks/fixtures.ts';
import type { Dtype, PlainTensor, TaskModel } from '../protocol/tasks.ts';
import { BundleStore } from '../storage/bundle-store.ts';
import { TaskFiles } from './task-files.ts';

const ID = 'owner/tiny-encoder';
const REVISION = 'c'.repeat(40);
const { 'onnx/model.onnx': weights, ...small } = filesOf('encoder');
const files: Record<string, Uint8Array<ArrayBuffer>> = {
  ...small,
  'README.md': new Uint8Array(9),
  'onnx/model.onnx': weights!,
  'onnx/model_fp16.onnx': new Uint8Array(1_000),
  'onnx/decoder_model.onnx': new Uint8Array(1_000),
};
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** The hub's API and its files, as huggingface.co documents them. */
function hub() {
  const asked: string[] = [];
  const fetch = (async (address: string | URL, { headers }: { headers?: { Range: string } } = {}) => {
    const { pathname } = new URL(address);
    if (pathname === `/api/models/${ID}/revision/main`)
      return Response.json({
        sha: REVISION,
        cardData: { license: 'mit' },
        siblings: Object.entries(files).map(([rfilename, bytes]) => ({
          rfilename,
          size: bytes.length,
          ...(rfilename.endsWith('.onnx') && { lfs: { sha256: sha256(bytes), size: bytes.length } }),
        })),
      });
    const path = pathname.replace(`/${ID}/resolve/${REVISION}/`, '');
    asked.push(path);
    const [start, bytes] = [Number(/\d+/.exec(headers!.Range)![0]), files[path]!];
    const range = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
    return new Response(bytes.slice(start), {
      status: 206,
      headers: { 'content-range': range, etag: '"1"' },
    });
  }) as typeof globalThis.fetch;
  return { fetch, asked };
}

const { fetch, asked } = hub();
let taskFiles: TaskFiles;
const { tasks, call } = nodeTasks(undefined, {}, (id) => taskFiles.bundle(id));

vi.setConfig({ testTimeout: 30_000 });
beforeAll(async () => {
  const options = { time: new FakeTime(), fetch, estimate: async () => ({}), isOnline: () => true };
  const store = await BundleStore.open({ ...options, directory: new MemoryDirectory() });
  taskFiles = new TaskFiles({ store, fetch, wanted: (...wish) => tasks.filesFor(...wish) });
}, 60_000);

const wish = (dtype?: Dtype): TaskModel => ({
  task: 'feature-extraction',
  model: ID,
  dtype,
  device: undefined,
});
const arriving = () => ({ signal: new AbortController().signal, onProgress() {} });

test('what a task reads is downloaded, in the first number format that is there, and nothing else', async () => {
  await expect(taskFiles.bundle(ID)).rejects.toMatchObject({ code: 'not-found' });
  await taskFiles.fetch(wish(), arriving());
  expect(asked.splice(0).sort()).toEqual([
    'config.json',
    'onnx/model.onnx',
    'tokenizer.json',
    'tokenizer_config.json',
  ]);

  const { texts, mean } = expectedOf('encoder')['feature-extraction'];
  const vectors = await call('feature-extraction', ID, texts, { pooling: 'mean', normalize: true });
  for (const [i, value] of mean.flat().entries())
    expect(((vectors as PlainTensor).data as Float32Array)[i]).toBeCloseTo(value, 4);
});

test('what is here is not asked for again; another number format is', async () => {
  await taskFiles.fetch(wish(), arriving());
  expect(asked.splice(0)).toEqual([]);
  await taskFiles.fetch(wish('fp16'), arriving());
  expect(asked.splice(0)).toEqual(['onnx/model_fp16.onnx']);
});

test('a number format that the model does not have is refused in a sentence', async () => {
  await expect(taskFiles.fetch(wish('q4'), arriving())).rejects.toMatchObject({
    code: 'unsupported-model',
    message: `${ID} has no ONNX files for feature-extraction in q4. Choose a model that was made for Transformers.js.`,
  });
});
