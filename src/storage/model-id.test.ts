import { expect, test } from 'vitest';
import { catalog } from '../../models/catalog/index.ts';
import { modelIdOfFile, modelIdOfUrl, modelNameOf, parseModelId, parseModelUrl } from './model-id.ts';

test.each(catalog)("the catalogue's $id has an id and an address that stay as they are", ({ id, url }) => {
  expect(parseModelId(id)).toBe(id);
  expect(parseModelUrl(url).href).toBe(url);
});

test.each([
  '',
  '.',
  '..',
  'a/b',
  'a\\b',
  '../a',
  'A',
  'a b',
  'a\0',
  '-a',
  'a.',
  'ü',
  'a'.repeat(201),
  7,
  undefined,
  { toString: () => 'a' },
])('%j is no id', (value) => {
  expect(() => parseModelId(value)).toThrow(/model id/);
});

test.each([
  ['https://hub.example/a/resolve/main/Tiny-Model.Q8_0.gguf', 'Tiny-Model.Q8_0'],
  ['https://hub.example/Tiny%20Model.GGUF?download=true', 'Tiny Model'],
  ['https://hub.example/%2e%2e%2f%2e%2e%2fetc%2fpasswd', 'passwd'],
  ['https://hub.example/', 'model'],
  ['https://hub.example/%E0%A4%A', '%E0%A4%A'],
  [`https://hub.example/${'x'.repeat(3000)}.gguf`, 'x'.repeat(100)],
])('an id is made of %s', async (address, name) => {
  const url = parseModelUrl(address);
  expect(modelNameOf(url.pathname)).toBe(name);
  const id = await modelIdOfUrl(url);
  expect(parseModelId(id)).toBe(id);
  expect(await modelIdOfUrl(parseModelUrl(address))).toBe(id);
});

test('two addresses of files of one name have two ids', async () => {
  const [a, b] = ['https://hub.example/a/m.gguf', 'https://hub.example/b/m.gguf'].map(parseModelUrl);
  expect(await modelIdOfUrl(a!)).not.toBe(await modelIdOfUrl(b!));
});

test('a dropped file is named for its bytes', () => {
  expect(modelIdOfFile('Mine ✨ (1).gguf', '0123456789abcdef')).toBe('mine-1-01234567');
  expect(parseModelId(modelIdOfFile('…', '0123456789abcdef'))).toBe('model-01234567');
});

test.each([
  'ftp://a/b.gguf',
  'file:///b.gguf',
  'data:,x',
  'b.gguf',
  '',
  undefined,
  7,
  'https://me:secret@hub.example/m.gguf',
  `https://hub.example/${'x'.repeat(5000)}`,
  `https://hub.example/${'ü'.repeat(1000)}`,
])('%s is no address to download from', (value) => {
  expect(() => parseModelUrl(value)).toThrow(/address/);
});

test("the address of a hub's page about a file becomes that of the file", () => {
  expect(parseModelUrl('https://huggingface.co/me/blob/blob/main/blob/m.gguf#top').href).toBe(
    'https://huggingface.co/me/blob/resolve/main/blob/m.gguf',
  );
});
