// From a search to an answer, with a hub of our own and nothing else standing in: the options page, a model whose terms are
// to be accepted, the real engine.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundled } from '../../models/bundled/index.ts';
import { buildExtension, DIST } from '../../src/build/extension.mjs';
import { root } from '../../src/build/run.mjs';
import { HubServer, TOKEN } from '../fakes/hub-server.ts';
import { Harness } from './harness.ts';

const golden = JSON.parse(readFileSync(resolve(root, 'models/bundled/golden.json'), 'utf8')).prompts.find(
  ({ name }: { name: string }) => name === 'chat with a system turn',
);

let harness: Harness;
let hub: HubServer;
beforeAll(async () => {
  await buildExtension();
  const bytes = readFileSync(resolve(root, 'models/bundled', bundled.file));
  hub = await HubServer.start({
    'some/Hearthside-GGUF': { licence: 'mit', isGated: true, files: { 'hearthside-Q8_0.gguf': bytes } },
  });
  harness = await Harness.launch(resolve(root, DIST));
});
afterAll(async () => {
  await harness?.close();
  hub?.stop();
});

test('a model is searched, fetched with the token, and answers a page', async () => {
  const options = await harness.context.newPage();
  await options.goto(`chrome-extension://${harness.extensionId}/options/index.html#models`);
  await options.getByText('Hub: huggingface.co').click();
  await options.getByLabel('Address', { exact: true }).fill('http://mirror.example');
  await options.getByRole('button', { name: 'Use this hub' }).click();
  await options.getByRole('alert').getByText('http:// only on this machine').waitFor();
  await options.getByLabel('Address', { exact: true }).fill(hub.origin);
  await options.getByRole('button', { name: 'Use this hub' }).click();
  await options.getByText(`Your token for ${new URL(hub.origin).host}`).click();
  await options.getByLabel('Token', { exact: true }).fill(TOKEN);
  await options.getByRole('button', { name: 'Keep the token' }).click();
  await options.getByRole('button', { name: 'Remove the token' }).waitFor();

  await options.getByLabel('Search', { exact: true }).fill('hearthside');
  await options.getByRole('button', { name: 'Search', exact: true }).click();
  const found = options.getByRole('listitem', { name: 'some/Hearthside-GGUF' });
  await found.getByText('Fits').waitFor();
  await found.getByRole('button', { name: 'Download: some/Hearthside-GGUF Q8_0' }).click();
  await found.getByText('On this machine').waitFor({ timeout: 60_000 });

  const models = (await harness.call('screen', 'models')) as { id: string; source: string }[];
  const { id: model } = models.find(({ source }) => source === 'url')!;
  const { origin } = new URL(harness.url('http://a.localhost/'));
  await harness.call('background', 'decide', { origin, models: [model], decision: 'allow' });
  const page = await harness.open('http://a.localhost/');
  const text = await page.evaluate(async (model) => {
    const { choices } = await hearth!.chat.completions.create({
      model,
      messages: [
        { role: 'system', content: 'Answer in one sentence.' },
        { role: 'user', content: 'Describe the garden.' },
      ],
      temperature: 0,
      max_tokens: 8,
    });
    return choices[0]!.message.content;
  }, model);
  expect(text).not.toBe('');
  expect(golden.text.startsWith(text)).toBe(true);
});

test('the token went to the hub alone, and no screen gets it back', async () => {
  const seen = (at: 'hub' | 'store') =>
    new Set(hub.requests.filter((request) => request.at === at).map(({ authorization }) => authorization));
  expect([...seen('hub')]).toEqual([`Bearer ${TOKEN}`]);
  expect([...seen('store')]).toEqual([undefined]);
  const told = [await harness.call('background', 'hub'), await harness.call('background', 'settings')];
  expect(JSON.stringify(told)).not.toContain(TOKEN);
});

test('a model is saved where the user wants it, then leaves Hearth', async () => {
  const options = await harness.context.newPage();
  await options.goto(`chrome-extension://${harness.extensionId}/options/index.html#models`);
  await options.evaluate(() => {
    const pick = async () =>
      (await navigator.storage.getDirectory()).getFileHandle('copy.gguf', { create: true });
    Object.assign(window, { showSaveFilePicker: pick });
  });
  await options.getByRole('button', { name: 'Save a copy: hearthside-Q8_0' }).click();
  const question = options.getByRole('dialog', { name: 'Move hearthside-Q8_0 out of Hearth?' });
  await question.waitFor();
  const size = await options.evaluate(async () => {
    const copy = await (await navigator.storage.getDirectory()).getFileHandle('copy.gguf');
    return (await copy.getFile()).size;
  });
  expect(size).toBe(readFileSync(resolve(root, 'models/bundled', bundled.file)).length);
  await question.getByRole('button', { name: 'Delete Hearth’s copy' }).click();
  await options.getByRole('button', { name: 'Save a copy: hearthside-Q8_0' }).waitFor({ state: 'detached' });
  await options.close();
});

test('a model that anybody could have is found by its hash', async () => {
  const { origin } = new URL(harness.url('http://b.localhost/'));
  await harness.call('background', 'decide', { origin, models: ['shared files'], decision: 'allow' });
  const page = await harness.open('http://b.localhost/');
  const bytes = readFileSync(resolve(root, 'models/bundled', bundled.file));
  const value = await sha256(bytes);
  const size = await page.evaluate(
    async (value) =>
      (
        await (
          await navigator.crossOriginStorage.requestFileHandle({ algorithm: 'SHA-256', value })
        ).getFile()
      ).size,
    value,
  );
  expect(size).toBe(bytes.length);
});

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex');
}
