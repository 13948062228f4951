import { expect, test } from 'vitest';
import { parseModelAddress, parseSha256 } from './model-address.ts';

test.each([
  ['https://hub.example/a/model.gguf', 'https://hub.example/a/model.gguf'],
  ['  https://hub.example/Model.GGUF#readme ', 'https://hub.example/Model.GGUF'],
  [
    'https://huggingface.co/o/r/blob/main/q.gguf?download=true',
    'https://huggingface.co/o/r/resolve/main/q.gguf?download=true',
  ],
  ['https://hub.example/blob/q.gguf', 'https://hub.example/blob/q.gguf'],
  ['http://localhost:8000/q.gguf', 'http://localhost:8000/q.gguf'],
])('%j is fetched from %s', (text, url) => expect(parseModelAddress(text)).toEqual({ ok: true, url }));

test.each([
  ['', /Enter/],
  ['model.gguf', /not a web address/],
  ['http://hub.example/q.gguf', /https:\/\/ only/],
  ['file:///q.gguf', /https:\/\/ only/],
  ['javascript:alert(1)//q.gguf', /https:\/\/ only/],
  ['https://me:secret@hub.example/q.gguf', /password/],
  ['https://hub.example/model.safetensors', /end with \.gguf/],
])('%j is refused with a reason', (text, because) => {
  expect(parseModelAddress(text)).toEqual({ ok: false, because: expect.stringMatching(because) });
});

test('a digest is taken in either case, or left out', () => {
  const digest = 'AB'.repeat(32);
  expect(parseSha256(` ${digest} `)).toEqual({ ok: true, sha256: digest.toLowerCase() });
  expect(parseSha256('')).toEqual({ ok: true, sha256: undefined });
  expect(parseSha256(digest.slice(1))).toMatchObject({ ok: false });
  expect(parseSha256('g'.repeat(64))).toMatchObject({ ok: false });
});
