import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { axeViolations, callsOf, type Screen, Screens } from '../screens/open-screens.ts';

let screens: Screens;
beforeAll(async () => {
  screens = await Screens.open();
});
afterAll(() => screens?.close());

const open = (part: string, scene = 'busy') => screens.page(`options/index.html?scene=${scene}#${part}`);
const card = (page: Screen, name: string) => page.getByRole('listitem', { name, exact: true });
const button = (page: Screen, action: string, name: string) =>
  page.getByRole('button', { name: `${action}: ${name}`, exact: true });
/** Waits until so many downloads or imports have reached the engine. */
const begun = (page: Screen, count: number) =>
  expect
    .poll(async () => (await callsOf(page)).filter(({ name }) => /^(download|importFile)$/.test(name)).length)
    .toBe(count);
const THREE_B = 'Llama 3.2 3B Instruct';
const ONE_B = 'Llama 3.2 1B Instruct';

test('a download shows how far and how fast, is paused and resumed, and ends on this machine', async () => {
  const page = await open('models');
  await button(page, 'Download', THREE_B).click();
  await begun(page, 1);
  for (let i = 0; i < 3; i++) await page.evaluate(() => fake.step());
  const shown = card(page, THREE_B);
  await shown.getByText('584 MB of 1.9 GB').waitFor();
  // 0.7 of 1.9 GB at 24 MB a second
  await shown.getByText('24 MB/s · 57 s left').waitFor();
  expect(
    await shown.getByRole('progressbar').evaluate((bar: HTMLProgressElement) => bar.position),
  ).toBeCloseTo(0.3);

  await button(page, 'Pause', THREE_B).click();
  await shown.getByText('Paused', { exact: true }).waitFor();
  expect(await shown.getByText('584 MB of 1.9 GB').isVisible()).toBe(true);

  await button(page, 'Resume', THREE_B).click();
  await begun(page, 2);
  for (let i = 0; i < 7; i++) await page.evaluate(() => fake.step());
  await button(page, 'Make default', THREE_B).waitFor();
  expect(await shown.getByRole('progressbar').count()).toBe(0);
  expect((await callsOf(page)).map(({ name }) => name)).toEqual(['download', 'download']);
  await page.close();
});

test('the hub’s models are found with their sizes and whether they fit, and downloaded with their hash', async () => {
  const page = await open('models');
  await page.getByLabel('Only what fits my memory limit').uncheck();
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  const found = card(page, 'some/Model-3B-Instruct-GGUF');
  await found.getByText('1,234,567 downloads').waitFor();
  await found.getByText('more than your limit').waitFor();
  const gated = page.getByRole('button', { name: 'Download: a-publisher/With-Terms-1B-GGUF Q4_0' });
  expect(await gated.isDisabled()).toBe(true);

  await page.getByText('Your token for huggingface.co').click();
  mkdirSync('out/screens', { recursive: true });
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await axeViolations(page), colorScheme).toEqual([]);
    await page.screenshot({ path: `out/screens/options-hub-${colorScheme}.png`, fullPage: true });
  }
  await page.getByLabel('Token', { exact: true }).fill('hf_token');
  await page.getByRole('button', { name: 'Keep the token' }).click();
  await page.getByRole('button', { name: 'Remove the token' }).waitFor();
  expect(await page.getByText('hf_token').count()).toBe(0);
  await gated.click();
  await begun(page, 1);
  expect((await callsOf(page)).at(-1)).toMatchObject({
    name: 'download',
    input: { kind: 'url', sha256: 'a'.repeat(64), isGated: true },
  });
  await page.getByLabel('Only what fits my memory limit').check();
  expect(await found.getByText('more than your limit').count()).toBe(0);
  await page.close();
});

test('a model is pinned and unpinned', async () => {
  const page = await open('models');
  await button(page, 'Pin', ONE_B).click();
  await card(page, ONE_B).getByText('Pinned', { exact: true }).waitFor();
  await button(page, 'Unpin', ONE_B).click();
  await button(page, 'Pin', ONE_B).waitFor();
  await page.close();
});

test('a download that fails says why beside its model, and can be tried again', async () => {
  const page = await open('models');
  const sentence =
    'The disk has 1.2 GB free and this model needs 1.9 GB. Delete another model and try again.';
  await page.evaluate((message) => fake.failNext('download', 'quota', message), sentence);
  await button(page, 'Download', THREE_B).click();
  await card(page, THREE_B).getByRole('alert').getByText(sentence).waitFor();
  await button(page, 'Download', THREE_B).click();
  await button(page, 'Pause', THREE_B).waitFor();
  expect(await page.getByText(sentence).count()).toBe(0);
  await page.close();
});

test('a model is deleted only after a question, by keyboard alone', async () => {
  const page = await open('models');
  await button(page, 'Delete', ONE_B).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: `Delete ${ONE_B}?` });
  await dialog.getByText('This frees 770 MB.').waitFor();
  await dialog.getByText('answering a page now').waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  expect(await callsOf(page)).toEqual([]);
  // The focus is where it was, not lost
  expect(await button(page, 'Delete', ONE_B).evaluate((element) => element === document.activeElement)).toBe(
    true,
  );

  await page.keyboard.press('Enter');
  await dialog.waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await button(page, 'Download', ONE_B).waitFor();
  expect(await callsOf(page)).toEqual([{ name: 'remove', input: { model: 'llama-3.2-1b' } }]);
  // Its button has gone; a keyboard goes on from the part's heading
  await page.locator('h1:focus').waitFor();
  await page.close();
});

test('another model is made the default, and deleting it gives the place back to the bundled one', async () => {
  const page = await open('models');
  await card(page, 'Hearthside').getByText('Default', { exact: true }).waitFor();
  await button(page, 'Make default', ONE_B).click();
  await card(page, ONE_B).getByText('Default', { exact: true }).waitFor();
  expect((await callsOf(page)).map(({ name }) => name)).toEqual(['changeSettings', 'configure']);

  await button(page, 'Delete', ONE_B).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await card(page, 'Hearthside').getByText('Default', { exact: true }).waitFor();
  expect(await page.evaluate(() => fake.settings.defaultModel)).toBe('hearthside');
  await page.close();
});

test('a model says what it needs against the limit, and whether it was tried', async () => {
  const page = await open('models');
  const large = card(page, 'Llama 3.1 8B Instruct');
  await large.getByText('more than your limit of 4.0 GB').waitFor();
  await large.getByText('Not tried yet').waitFor();
  await card(page, ONE_B).getByText('Needs 1.3 GB of your 4.0 GB of memory').waitFor();
  await large.getByRole('link', { name: 'Change the limit' }).click();
  await page.getByRole('heading', { name: 'Limits' }).waitFor();
  await page.close();
});

test('a file is added by dropping it, or by the file dialog', async () => {
  const page = await open('models');
  const data = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(2048)], 'dropped.gguf'));
    return transfer;
  });
  await page.locator('.drop').dispatchEvent('drop', { dataTransfer: data });
  await page.getByLabel(/choose one/).setInputFiles({
    name: 'chosen.gguf',
    mimeType: 'application/octet-stream',
    buffer: Buffer.alloc(4096),
  });
  await begun(page, 2);
  for (let i = 0; i < 11; i++) await page.evaluate(() => fake.step());
  await button(page, 'Make default', 'dropped.gguf').waitFor();
  await button(page, 'Make default', 'chosen.gguf').waitFor();
  expect(await callsOf(page)).toEqual([
    { name: 'importFile', input: 'dropped.gguf' },
    { name: 'importFile', input: 'chosen.gguf' },
  ]);
  await page.close();
});

test('a file that is refused says why, and the sentence can be put away', async () => {
  const page = await open('models');
  await page.evaluate(() => fake.failNext('importFile', 'bad-model', 'This is not a GGUF file.'));
  await page.getByLabel(/choose one/).setInputFiles({
    name: 'letter.gguf',
    mimeType: 'application/octet-stream',
    buffer: Buffer.from('Dear'),
  });
  await page.getByRole('alert').getByText('This is not a GGUF file.').waitFor();
  await button(page, 'Dismiss', 'letter.gguf').click();
  await page.getByText('This is not a GGUF file.').waitFor({ state: 'detached' });
  await page.close();
});

test('an address is checked before anything is fetched, and then downloaded', async () => {
  const page = await open('models');
  const address = page.getByLabel('Address of a .gguf file');
  await address.fill('http://hub.example/model.gguf');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('https:// only').waitFor();
  expect(await address.getAttribute('aria-invalid')).toBe('true');
  expect(await callsOf(page)).toEqual([]);

  await address.fill('https://hub.example/model.gguf');
  await page.keyboard.press('Enter');
  await begun(page, 1);
  expect(await callsOf(page)).toEqual([
    { name: 'download', input: { kind: 'url', url: 'https://hub.example/model.gguf', sha256: undefined } },
  ]);
  await page.evaluate(() => fake.step());
  await button(page, 'Pause', 'Added by address').click();
  await button(page, 'Resume', 'Added by address').waitFor();
  await page.close();
});

test('the share slider says what it means, is moved by keys, and holds at once', async () => {
  const page = await open('limits');
  const share = page.getByRole('slider', { name: 'Computing' });
  await share.focus();
  for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowLeft');
  await page.getByText('60 % of this GPU').waitFor();
  expect(await share.getAttribute('aria-valuetext')).toBe('60\u00a0% of this GPU');
  await page.getByText('at most 600 milliseconds').waitFor();
  await expect.poll(() => page.evaluate(() => fake.settings.caps.gpuPercent)).toBe(60);
  await expect.poll(() => page.evaluate(() => fake.status?.caps.gpuPercent)).toBe(60);
  await page.keyboard.press('Home');
  await page.getByText('5 % of this GPU').waitFor();
  await page.keyboard.press('End');
  await page.getByText('100 % of this GPU').waitFor();
  await page.close();
});

test('the memory slider runs to what the machine has, and says which models fit', async () => {
  const page = await open('limits');
  const memory = page.getByRole('slider', { name: 'Memory' });
  await page.getByText('4.0 GB of 24 GB').waitFor();
  await page.getByText('4 of 5 listed models fit, up to Llama 3.2 3B Instruct.').waitFor();
  await memory.focus();
  await page.keyboard.press('End');
  await page.getByText('24 GB of 24 GB').waitFor();
  await page.getByText('All 5 listed models fit').waitFor();
  await expect.poll(() => page.evaluate(() => fake.settings.caps.memoryBytes)).toBe(24 * 2 ** 30);
  await page.close();
});

test('what sites said takes as much of the disk as the user says, and is forgotten when they say so', async () => {
  const page = await open('limits');
  await page.getByText('214 MB saved.').waitFor();
  const limit = page.getByLabel('Saved texts', { exact: true });
  expect(await limit.inputValue()).toBe(String(2 ** 30));
  await limit.selectOption('None');
  await expect.poll(() => page.evaluate(() => fake.settings.savedTextBytes)).toBe(0);
  const forget = page.getByRole('button', { name: 'Forget saved texts' });
  await page.evaluate(() => fake.failNext('forgetTexts', 'quota', 'The disk is full.'));
  await forget.click();
  await page.getByRole('alert').getByText('The disk is full.').waitFor();
  await forget.click();
  await page.getByText('Nothing is saved.').waitFor();
  expect(await forget.isDisabled()).toBe(true);
  await page.close();
});

test('a limit that cannot be stored goes back to what it was, and says why', async () => {
  const page = await open('limits');
  await page.getByText('80 % of this GPU').waitFor();
  await page.evaluate(() => fake.failNext('changeSettings', 'quota', 'The disk is full.'));
  await page.getByRole('slider', { name: 'Computing' }).focus();
  await page.keyboard.press('ArrowRight');
  await page.getByRole('alert').getByText('The disk is full.').waitFor();
  await page.getByText('80 % of this GPU').waitFor();
  await page.close();
});

test('a site is revoked, loses what it runs, and leaves the list', async () => {
  const page = await open('sites');
  await button(page, 'Revoke', 'notes.example.com').click();
  await page.getByRole('status').getByText('notes.example.com must ask again').waitFor();
  expect(await button(page, 'Revoke', 'notes.example.com').count()).toBe(0);
  await expect
    .poll(() => callsOf(page))
    .toEqual([
      { name: 'decide', input: { origin: 'https://notes.example.com', models: [], decision: 'forget' } },
      { name: 'revoke', input: { origin: 'https://notes.example.com' } },
    ]);
  await page.close();
});

test('a site that alone has stored files is revoked with them, without them, or not at all', async () => {
  const page = await open('sites');
  const ask = async (answer: string) => {
    await button(page, 'Revoke', 'localhost:5173').click();
    const dialog = page.getByRole('dialog', { name: 'Revoke localhost:5173?' });
    await dialog.getByText('stored 1 file for sites to share, 84 MB').waitFor();
    await dialog.getByRole('button', { name: answer }).click();
  };
  await ask('Change nothing');
  expect(await callsOf(page)).toEqual([]);
  const revoked = [
    { name: 'decide', input: { origin: 'http://localhost:5173', models: [], decision: 'forget' } },
    { name: 'revoke', input: { origin: 'http://localhost:5173' } },
  ];
  await ask('Revoke, keep it');
  await expect.poll(() => callsOf(page)).toEqual(revoked);
  await page.reload();
  await ask('Revoke and remove it');
  await expect
    .poll(() => callsOf(page))
    .toEqual(
      expect.arrayContaining([
        ...revoked,
        { name: 'disownFiles', input: { origin: 'http://localhost:5173' } },
      ]),
    );
  await page.close();
});

test('files that sites share are listed with who stored them, pinned, and removed one by one or all', async () => {
  const page = await open('files');
  await page.getByText('2 files, 1.3 GB').waitFor();
  await page.getByText('Stored by models.example.org, writer.example.org').waitFor();
  await button(page, 'Unpin', '5f3a90c15f3a').click();
  await button(page, 'Pin', '5f3a90c15f3a').waitFor();
  await button(page, 'Remove', '0b77d2e40b77').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('This frees 84 MB.').waitFor();
  expect(await axeViolations(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await page.getByText('1 file, 1.2 GB').waitFor();
  await page.getByRole('button', { name: 'Remove all' }).click();
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await page.getByText('No files yet').waitFor();
  expect((await callsOf(page)).map(({ name }) => name)).toEqual(['pinFile', 'removeFiles', 'removeFiles']);
  await page.close();
});

test('who answers where the browser has built-in AI is chosen for all sites, and for each', async () => {
  const page = await open('sites');
  await page.getByLabel('Built-in AI of this browser').selectOption('The browser’s own model');
  const site = page.getByRole('combobox', { name: 'Built-in AI: notes.example.com' });
  expect(await site.inputValue()).toBe('default');
  await site.selectOption('Hearth');
  const other = page.getByRole('combobox', { name: 'Built-in AI: translate.example.org' });
  expect(await other.inputValue()).toBe('own');
  await other.selectOption('As for all sites');
  await expect.poll(() => other.count()).toBe(0);
  expect(await site.inputValue()).toBe('hearth');
  expect((await callsOf(page)).filter(({ name }) => name !== 'configure')).toEqual([
    { name: 'changeSettings', input: expect.objectContaining({ builtIn: 'own' }) },
    { name: 'chooseBuiltIn', input: { origin: 'https://notes.example.com', choice: 'hearth' } },
    { name: 'chooseBuiltIn', input: { origin: 'https://translate.example.org', choice: 'default' } },
  ]);
  await page.close();
});

test('the parts are links that a keyboard and a bookmark can use', async () => {
  const page = await open('about');
  await page.getByText('MIT; each model has its own').waitFor();
  expect(await page.title()).toBe('About – Hearth');
  await page.getByRole('link', { name: 'Sites' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Sites' }).waitFor();
  expect(await page.getByRole('link', { name: 'Sites' }).getAttribute('aria-current')).toBe('page');
  await page.close();
});

test('without an engine the sites and limits can still be changed', async () => {
  const page = await open('limits', 'gone');
  await page.getByText('does not answer').waitFor();
  await page.getByRole('slider', { name: 'Computing' }).focus();
  await page.keyboard.press('ArrowLeft');
  await expect.poll(() => page.evaluate(() => fake.settings.caps.gpuPercent)).toBe(75);
  await page.close();
});
