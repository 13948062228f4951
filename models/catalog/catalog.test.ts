import * as v from 'valibot';
import { expect, test } from 'vitest';
import { catalogFile } from './catalog-file.ts';
import { catalog } from './index.ts';

const files = Object.entries(import.meta.glob<unknown>('./*.json', { eager: true, import: 'default' }));

test.each(files)('%s says all that a download needs', (path, content) => {
  const file = v.parse(catalogFile, content);

  expect(path).toBe(`./${file.id}.json`);
  const { host, pathname } = new URL(file.url);
  expect(host).toBe('huggingface.co');
  const [, publisher, repository, resolve, revision, name, ...rest] = pathname.split('/');
  expect({ publisher, repository, resolve, revision, rest }).toEqual({
    publisher: expect.stringMatching(/\w/),
    repository: expect.stringMatching(/-GGUF$/),
    resolve: 'resolve',
    revision: file.revision,
    rest: [],
  });
  expect(name!.toUpperCase()).toContain(`${file.quant}.GGUF`);
});

test.each(files)('the size in %s fits its parameters and quant', (_, content) => {
  const { sizeBytes, parameters, quant } = v.parse(catalogFile, content);
  const count = Number(parameters.slice(0, -1)) * (parameters.endsWith('M') ? 1e6 : 1e9);
  const bits = (sizeBytes * 8) / count;

  // Q8_0 takes 8.5 bits a weight and Q4_K_M about 4.85; norms, scales of the head and the vocabulary add a little
  expect(bits).toBeGreaterThan(quant === 'Q8_0' ? 8 : 4.4);
  expect(bits).toBeLessThan(quant === 'Q8_0' ? 9 : 5.7);
});

test('no two models share an id, a hash or a URL', () => {
  for (const key of ['id', 'sha256', 'url'] as const) {
    expect(new Set(catalog.map((model) => model[key])).size).toBe(files.length);
  }
});

test('the memory of a model is its weights and the KV cache of the default context', () => {
  const mistral = catalog.find(({ id }) => id === 'mistral-7b-instruct-v0.3')!;
  // Mistral 7B is known to take 128 KiB of f16 KV cache per token
  expect(mistral.memoryBytes).toBe(4_372_812_000 + 8192 * 128 * 1024);

  const tiny = catalog.find(({ id }) => id === 'tinyllama-1.1b-chat')!;
  // Its context is shorter than the default: 2048 tokens of 22 KiB
  expect(tiny.memoryBytes).toBe(668_788_096 + 2048 * 22 * 1024);
});
