import { expect, test } from 'vitest';
import type { PeerId } from '../protocol/peer-id.ts';
import { hubPieces, isPublisher } from './hub.ts';

const bytes = Uint8Array.from({ length: 300 }, (_, i) => i);
const URL_OF = 'https://models.example/a-00001-of-00002.gguf';

function hub(answer: (url: URL, from: number, to: number) => Response) {
  const asked: string[] = [];
  const fetch = (async (url: URL, { headers }: { headers: { Range: string } }) => {
    asked.push(`${url} ${headers.Range}`);
    const [from, to] = /(\d+)-(\d+)$/.exec(headers.Range)!.slice(1).map(Number) as [number, number];
    return answer(url, from, to);
  }) as unknown as typeof globalThis.fetch;
  const get = hubPieces({ fetch, isHub: ({ host }) => host === 'models.example' });
  const piece = (offset: number, length: number, url = URL_OF) =>
    get(
      {
        manifest: { model: '', manifestBytes: 1, partBytes: [200, 100], pieces: [] },
        origin: { manifestBytes: 1, url },
        asker: 'a' as PeerId,
      },
      { offset, bytes: length, sha256: '' },
    );
  return { asked, piece };
}

const part = (from: number, to: number) => new Response(bytes.slice(from, to + 1), { status: 206 });

test('a piece is asked for by its range, in the file that it lies in', async () => {
  const { asked, piece } = hub((_, from, to) => part(from, to));
  expect(await piece(10, 20)).toEqual(bytes.slice(10, 30));
  expect(await piece(210, 5)).toEqual(bytes.slice(10, 15));
  expect(asked).toEqual([
    'https://models.example/a-00001-of-00002.gguf bytes=10-29',
    'https://models.example/a-00002-of-00002.gguf bytes=10-14',
  ]);
});

test.each([
  ['sends the whole file', () => new Response(bytes, { status: 200 }), 'answered with 200'],
  ['has not got it', () => new Response('no', { status: 404 }), 'answered with 404'],
  ['sends more than was asked for', () => part(0, 99), 'sends more'],
  ['breaks off', () => part(0, 3), 'broke off'],
])('a server that %s is named, with what it did', async (_, answer, why) => {
  const { piece } = hub(answer);
  await expect(piece(0, 10)).rejects.toThrow(why);
  await expect(piece(0, 10)).rejects.toMatchObject({ code: 'offline' });
});

test('nothing is fetched from where machines say, but from where models are published', async () => {
  const { asked, piece } = hub((_, from, to) => part(from, to));
  for (const url of ['', 'nonsense', 'https://router.local/reboot', 'http://192.168.1.1/'])
    await expect(piece(0, 10, url)).rejects.toMatchObject({ code: 'not-found' });
  expect(asked).toEqual([]);
  expect(isPublisher(new URL('https://huggingface.co/a/b/resolve/main/c.gguf'))).toBe(true);
  for (const url of ['http://huggingface.co/a', 'https://huggingface.co.example/a', 'https://127.0.0.1/'])
    expect(isPublisher(new URL(url))).toBe(false);
});
