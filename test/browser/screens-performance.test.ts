// The page of how the engine performs, over a fake Hearth: what a measurement shows while it runs and when it is done.
import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { axeViolations, callsOf, type Screen, Screens } from '../screens/open-screens.ts';

let screens: Screens;
beforeAll(async () => {
  mkdirSync('out/screens', { recursive: true });
  screens = await Screens.open();
});
afterAll(() => screens?.close());

const open = (options = {}) => screens.page('options/index.html?scene=busy#performance', options);
const measured = async (page: Screen) => {
  await page.getByRole('button', { name: 'Measure' }).click();
  await expect.poll(async () => (await callsOf(page)).some(({ name }) => name === 'profile')).toBe(true);
};

test('a measurement waits for answers and says so, shows how far it is, and then every kernel', async () => {
  const page = await open();
  await page.getByLabel('What').selectOption('Reading a prompt');
  await measured(page);
  expect(await callsOf(page)).toEqual([
    { name: 'profile', input: { model: 'hearthside', step: { kind: 'prompt' } } },
  ]);
  await page.evaluate(() => fake.tellProfile({ phase: 'waiting', answers: 3 }));
  await page.getByRole('status').getByText('Waiting for 3 answers under way').waitFor();
  await page.evaluate(() => fake.tellProfile({ phase: 'measuring', done: 3, of: 12 }));
  await page.getByText('Measuring…').waitFor();
  const bar = page.getByRole('progressbar');
  expect(await bar.evaluate((element: HTMLProgressElement) => element.position)).toBe(0.25);

  await page.evaluate(() => fake.finishProfile());
  const first = page.getByRole('row').filter({ hasText: 'gate-up Q4_0' });
  // 302 MB in 880 µs are 343 GB a second, of 450
  await first.getByText('343 GB/s').waitFor();
  await first.getByText('76 % memory').waitFor();
  await page.getByRole('row').filter({ hasText: 'says nothing' }).getByText('not told').waitFor();
  await page.getByRole('img', { name: 'Roofline of NVIDIA GeForce RTX 4070' }).waitFor();
  expect(await page.getByRole('progressbar').count()).toBe(0);
  await page.close();
});

test.each([1000, 400])(
  'what was measured has no accessibility faults %i wide, light or dark',
  async (width) => {
    const page = await open({ width });
    await measured(page);
    await page.evaluate(() => fake.finishProfile());
    await page.getByRole('img', { name: /Roofline/ }).waitFor();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await axeViolations(page), colorScheme).toEqual([]);
      await page.screenshot({
        path: `out/screens/options-measured-${width}-${colorScheme}.png`,
        fullPage: true,
      });
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    expect(page.problems).toEqual([]);
    await page.close();
  },
);

test('a measurement is cancelled by keyboard, and one that fails says why', async () => {
  const page = await open();
  await measured(page);
  await page.getByRole('button', { name: 'Cancel' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Measure' }).waitFor();
  expect(await page.getByRole('alert').count()).toBe(0);

  const sentence = 'The model was unloaded while it was measured. Measure it again.';
  await page.evaluate((message) => fake.failNext('profile', 'gone', message), sentence);
  await page.getByRole('button', { name: 'Measure' }).click();
  await page.getByRole('alert').getByText(sentence).waitFor();
  await page.close();
});

test('the report is copied without sites, and with them where the user ticks it', async () => {
  const page = await open();
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const copied = async () => {
    await page.getByRole('button', { name: 'Copy the report' }).click();
    await page.getByText('Copied.').waitFor();
    return page.evaluate(() => navigator.clipboard.readText());
  };
  const report = await copied();
  expect(report).toContain('NVIDIA GeForce RTX 4070');
  expect(report).not.toContain('example');
  await page.getByLabel('Say which sites asked').check();
  expect(await copied()).toContain('https://notes.example.com');
  await page.close();
});

test('an adapter without timestamps says what is missing, and offers no measurement', async () => {
  const page = await open();
  await page.evaluate(() => {
    fake.facts = { ...fake.facts, gpu: { ...fake.facts.gpu!, hasTimestamps: false } };
  });
  await page.getByText('gives no timestamps').waitFor();
  expect(await page.getByRole('button', { name: 'Measure' }).count()).toBe(0);
  await page.getByText('Recent answers').waitFor();
  await page.close();
});
