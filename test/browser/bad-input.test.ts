// The product itself meets bad files, bad prompts and a bad connection: each is refused with a code and a sentence,
// and nothing that was there before is lost.
import { resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildExtension, DIST } from '../../src/build/extension.mjs';
import { root } from '../../src/build/run.mjs';
import type { ModelInfo } from '../../src/protocol/models.ts';
import { file, FileServer } from '../fakes/file-server.ts';
import { BAD_FILES, BAD_TEMPLATES, modelWithTemplate, smallModel } from '../fakes/model-files.ts';
import { Harness } from './harness.ts';

let harness: Harness;

beforeAll(async () => {
  await buildExtension();
  harness = await Harness.launch(resolve(root, DIST));
  await harness.call('background', 'wake');
});
afterAll(() => harness?.close());

const models = () => harness.call('screen', 'models') as Promise<ModelInfo[]>;

/** What lies on the disk. */
async function files(): Promise<string[]> {
  const screen = await harness.screen();
  return screen.evaluate(async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('models');
    const names: string[] = [];
    for await (const name of (folder as unknown as { keys(): AsyncIterable<string> }).keys())
      names.push(name);
    return names.sort();
  });
}

async function allowedPage(...ids: string[]): Promise<Page> {
  const { origin } = new URL(harness.url('http://a.test/'));
  await harness.call('background', 'decide', { origin, models: ids, decision: 'allow' });
  await harness.call('screen', 'revoke', { origin });
  return harness.open('http://a.test/');
}

/** How a chat ends: `code: sentence`, or `answered`. */
function chat(page: Page, model: string, content: string): Promise<string> {
  return page.evaluate(
    ([model, content]) =>
      hearth!.chat.completions.create({ model, messages: [{ role: 'user', content }], max_tokens: 1 }).then(
        () => 'answered',
        (error) => `${error.code}: ${error.message}`,
      ),
    [model, content] as const,
  );
}

describe('a dropped file', () => {
  test('is refused for what it is, and leaves nothing behind', async () => {
    const id = await harness.importFile('sound.gguf', smallModel());
    const before = { models: await models(), files: await files() };
    for (const { why, bytes, code, says } of BAD_FILES) {
      const error: Error = await harness.importFile('bad.gguf', bytes).then(
        () => new Error('accepted'),
        (error) => error,
      );
      // The test's own tools put a word before it and a stack behind
      const [refusal] = /(?<=Error: ).*/.exec(error.message) ?? [error.message];
      expect(refusal, why).toMatch(new RegExp(`^${code}: .*\\.$`));
      expect(refusal, why).toContain(says);
    }
    expect(await models()).toEqual(before.models);
    expect(await files()).toEqual(before.files);
    expect(await chat(await allowedPage(id), id, 'A')).toBe('answered');
  });

  test('whose chat template cannot be run fails chats, not the engine', async () => {
    for (const { why, template, says } of BAD_TEMPLATES) {
      const id = await harness.importFile(`${why}.gguf`, modelWithTemplate(template));
      const page = await allowedPage(id);
      expect(await chat(page, id, 'A'), why).toMatch(new RegExp(`^(bad|unsupported)-model: .*${says}`));
      const text = page.evaluate(
        (model) => hearth!.completions.create({ model, prompt: 'A', max_tokens: 1 }).then(() => 'answered'),
        id,
      );
      expect(await text, why).toBe('answered');
    }
  });
});

test.each([
  { why: 'more characters than any prompt may have', length: 2_000_001 },
  { why: 'more characters than the context could hold', length: 1_999_999 },
])('a prompt of $why is too long', async ({ length }) => {
  const page = await allowedPage('hearthside');
  expect(await chat(page, 'hearthside', 'a'.repeat(length))).toMatch(/^too-long: .*\d+ /);
  expect(await chat(page, 'hearthside', 'a')).toBe('answered');
});

test('a download whose connection is cut at half goes on from there, and the model answers', async () => {
  const server = await FileServer.start();
  try {
    // Chrome gives out what it has when a connection breaks only if that is much
    const description = { type: 'string', value: 'cut '.repeat(2 ** 20) } as const;
    const bytes = smallModel({ metadata: { 'general.description': description } });
    const half = Math.floor(bytes.length / 2);
    server.answer(file(bytes, { cutAt: half }), file(bytes));
    const request = { kind: 'url', url: server.url('/cut.gguf').href, sha256: undefined };
    const { id, state } = (await harness.call('screen', 'download', request)) as ModelInfo;
    const [first, second] = server.ranges.map((range) => Number(/^bytes=(\d+)-$/.exec(range!)![1]));
    expect(first).toBe(0);
    expect(second).toBeGreaterThan(half / 2);
    expect(second).toBeLessThanOrEqual(half);
    expect(state).toBe('ready');
    expect(await chat(await allowedPage(id), id, 'A')).toBe('answered');
  } finally {
    await server.stop();
  }
});
