import { expect, test } from 'vitest';
import { readHubRepo } from './hub-repo.ts';

const SHA = 'a'.repeat(40);
const signal = new AbortController().signal;

function hub(answer: () => Response | Promise<Response>) {
  const asked: string[] = [];
  const fetch = (async (url: string) => {
    asked.push(url);
    return answer();
  }) as unknown as typeof globalThis.fetch;
  return { asked, fetch };
}

test('a repository is the files of one commit, with hashes of the large ones', async () => {
  const { asked, fetch } = hub(() =>
    Response.json({
      sha: SHA,
      cardData: { license: 'mit', tags: [] },
      siblings: [
        { rfilename: 'config.json', size: 12, blobId: 'x' },
        {
          rfilename: 'onnx/model.onnx',
          size: 134,
          lfs: { sha256: 'b'.repeat(64), size: 5000, pointerSize: 134 },
        },
        { rfilename: '../escape.json', size: 1 },
        { rfilename: 'a//b', size: 1 },
      ],
    }),
  );
  const repo = await readHubRepo('owner/some-model', fetch, signal);
  expect(asked).toEqual(['https://huggingface.co/api/models/owner/some-model/revision/main?blobs=true']);
  expect(repo).toMatchObject({ id: 'owner/some-model', revision: SHA, licence: 'mit' });
  expect(repo.files).toEqual([
    { path: 'config.json', sizeBytes: 12, sha256: undefined },
    { path: 'onnx/model.onnx', sizeBytes: 5000, sha256: 'b'.repeat(64) },
  ]);
  expect(repo.urlOf('onnx/a b.onnx').href).toBe(
    `https://huggingface.co/owner/some-model/resolve/${SHA}/onnx/a%20b.onnx`,
  );
});

test.each([
  ['nobody has', () => new Response(null, { status: 404 }), 'not-found', 'has no model named owner/name'],
  ['is private', () => new Response(null, { status: 401 }), 'not-found', 'that everybody may read'],
  ['is gated', () => new Response(null, { status: 403 }), 'not-allowed', 'Accept them on huggingface.co'],
  ['comes from a hub in trouble', () => new Response(null, { status: 503 }), 'offline', 'answered 503'],
  ['comes with an answer that is none', () => new Response('<html>'), 'offline', 'is not understood'],
  [
    'lies out of reach',
    () => Promise.reject(new TypeError('Failed to fetch')),
    'offline',
    'cannot be reached',
  ],
])('a model that %s is refused in a sentence', async (_, answer, code, sentence) => {
  const refused = readHubRepo('owner/name', hub(answer).fetch, signal);
  await expect(refused).rejects.toMatchObject({ code, message: expect.stringContaining(sentence) });
});

test('what is no name of a model is never asked for', async () => {
  const { asked, fetch } = hub(() => Response.json({}));
  for (const name of ['model', '../..', 'a/b/c', 'a/../b', 'a/b?c', '/a', 'a b/c'])
    await expect(readHubRepo(name, fetch, signal)).rejects.toMatchObject({ code: 'bad-input' });
  expect(asked).toEqual([]);
});
