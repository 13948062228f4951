// The user's screens in the built extension: what one of them does, the pages and the other screens see.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fakeEngineBuild, Harness } from './harness.ts';

let harness: Harness;
let demo: Page;

const demoFile = (name: string, type: string) => ({
  body: readFileSync(join(import.meta.dirname, '../../src/demo', name), 'utf8'),
  headers: { 'content-type': `${type}; charset=utf-8` },
});

beforeAll(async () => {
  harness = await Harness.launch(await fakeEngineBuild(), {
    '/demo/': demoFile('index.html', 'text/html'),
    '/demo/demo.js': demoFile('demo.js', 'text/javascript'),
    '/demo/demo.css': demoFile('demo.css', 'text/css'),
  });
});
afterAll(() => harness?.close());

async function openScreen(path: string): Promise<Page> {
  const page = await harness.context.newPage();
  await page.goto(`chrome-extension://${harness.extensionId}/${path}`);
  return page;
}

const state = (name: string) => demo.locator(`html[data-state=${name}]`);

test('the demo page asks, the user allows, and the answer comes', async () => {
  demo = await harness.open('http://demo.test/demo/?prompt=Hello&max_tokens=400');
  await state('asking').waitFor();
  await harness.answer('Allow');
  await state('done').waitFor();
  expect(await demo.locator('[data-answer]').innerText()).toMatch(/^w0 w1 .* w398 w399 $/);
  expect(await demo.locator('[data-speed]').innerText()).toContain('400 tokens');
});

test('the popup shows the answer under way, and its Stop ends it', async () => {
  await demo.getByLabel('Message').fill('slow please');
  await demo.keyboard.press('Enter');
  await state('streaming').waitFor();

  const popup = await openScreen('src/popup/index.html');
  await popup.getByText('http://demo.test').waitFor();
  await popup.getByText('fake adapter').waitFor();
  await popup.getByRole('button', { name: 'Stop everything' }).click();
  await popup.getByText('Nothing is running').waitFor();
  await state('error').waitFor();
  await demo.getByRole('status').getByText('The user stopped it.').waitFor();
  await popup.close();
});

test('limits set in options are what the engine runs under', async () => {
  const options = await openScreen('options/index.html#limits');
  const popup = await openScreen('src/popup/index.html');
  await popup.getByText('of 4.0').waitFor();
  await options.getByRole('slider', { name: 'Memory' }).focus();
  await options.keyboard.press('ArrowLeft');
  await popup.getByText('of 3.8').waitFor();
  expect(await harness.call('background', 'settings')).toMatchObject({
    caps: { memoryBytes: 3.75 * 2 ** 30 },
  });
  await Promise.all([options.close(), popup.close()]);
});

test('a site that is revoked in options must ask again', async () => {
  const options = await openScreen('options/index.html#sites');
  await options.getByText('Allowed', { exact: true }).waitFor();
  await options.getByRole('button', { name: /^Revoke: demo\.test/ }).click();
  await options.getByText('must ask again').waitFor();
  await options.getByText('No sites yet').waitFor();
  await options.close();

  await demo.getByLabel('Message').fill('May I still?');
  await demo.keyboard.press('Enter');
  await state('asking').waitFor();
  await harness.answer('Block');
  await state('error').waitFor();
  await demo.getByRole('status').getByText('blocked').waitFor();
});

test('a prompt window that is closed by Escape is no answer, and nothing is remembered', async () => {
  const page = await harness.open('http://other.test/');
  const asked = page.evaluate(() =>
    hearth!.request().then(
      () => 'yes',
      (error) => error.code,
    ),
  );
  const prompt = await harness.prompt();
  await prompt.getByRole('button', { name: 'Block' }).waitFor();
  expect(await prompt.getByRole('heading').innerText()).toContain('other.test');
  // The window closes under the key
  prompt.keyboard.press('Escape').catch(() => {});
  expect(await asked).toBe('not-allowed');
  expect(await harness.call('background', 'sites')).toMatchObject([{ decision: 'block' }]);
});
