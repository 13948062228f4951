import { afterAll, beforeAll, expect, test } from 'vitest';
import { callsOf, type Screen, Screens } from '../screens/open-screens.ts';

let screens: Screens;
beforeAll(async () => {
  screens = await Screens.open();
});
afterAll(() => screens?.close());

const open = (scene: string) =>
  screens.page(`src/popup/index.html?scene=${scene}`, { width: 360, height: 560 });

/** Presses Tab until the element with this name has the focus; fails if it never gets it. */
async function tabTo(page: Screen, name: string): Promise<void> {
  for (let i = 0; i < 20; i++) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      return element?.getAttribute('aria-label') ?? element?.textContent;
    });
    if (focused === name) return;
  }
  throw new Error(`Tab never reaches "${name}".`);
}

test('it says what runs now, for which site, how far and how fast', async () => {
  const page = await open('busy');
  const site = page.getByRole('listitem').filter({ hasText: 'notes.example.com' }).first();
  await site.getByText('Answering').waitFor();
  expect(await site.innerText()).toContain('Llama 3.2 1B Instruct');
  expect(await site.innerText()).toContain('187 tokens · 96/s');
  expect(await page.getByLabel('Running now').innerText()).toContain('4 answers for 3 sites');
  expect(await page.getByLabel('Engine').innerText()).toMatch(/RTX 4070.*214.*1\.4.GB of 4\.0.GB/s);
  await page.close();
});

test('the end of a long host name stays in view, and all of it is in its tooltip', async () => {
  const page = await open('busy');
  const name = page.getByText('a-very-long-host-name');
  await name.waitFor();
  const [inner, outer] = await name.evaluate((bdi) => {
    const right = (element: Element) => element.getBoundingClientRect().right;
    return [right(bdi), right(bdi.parentElement!)];
  });
  expect(inner).toBeLessThanOrEqual(outer! + 1);
  expect(await name.locator('..').getAttribute('title')).toContain('accounts.google.com');
  await page.close();
});

test('Stop everything stops all, by keyboard alone', async () => {
  const page = await open('busy');
  await page.getByText('notes.example.com').waitFor();
  await tabTo(page, 'Stop everything');
  await page.keyboard.press('Enter');
  await page.getByText('Nothing is running').waitFor();
  expect(await callsOf(page)).toEqual([{ name: 'stop', input: { origin: undefined } }]);
  await page.close();
});

test('one site is stopped and the others go on', async () => {
  const page = await open('busy');
  await page.getByRole('button', { name: 'Stop notes.example.com' }).click();
  await page.getByText('notes.example.com').waitFor({ state: 'detached' });
  expect(await page.getByText('localhost:5173').isVisible()).toBe(true);
  expect(await callsOf(page)).toEqual([{ name: 'stop', input: { origin: 'https://notes.example.com' } }]);
  await page.close();
});

test('a stop that fails says why', async () => {
  const page = await open('busy');
  await page.evaluate(() => fake.failNext('stop', 'gone', 'The engine went away.'));
  await page.getByRole('button', { name: 'Stop everything' }).click();
  await page.getByRole('alert').getByText('The engine went away.').waitFor();
  await page.close();
});

test('nothing moves while answers stream, end and begin', async () => {
  const page = await open('busy');
  await page.getByText('notes.example.com').waitFor();
  const places = () =>
    page.evaluate(() =>
      [...document.querySelectorAll('header, .gauges, footer, footer button')].map((element) =>
        JSON.stringify(element.getBoundingClientRect()),
      ),
    );
  const before = await places();
  for (const tokens of [1, 900, 9000]) {
    await page.evaluate((n) => fake.step(n), tokens);
    expect(await places()).toEqual(before);
  }
  await page.evaluate(() => fake.say({ running: [], tokensPerSecond: 0 }));
  await page.getByText('Nothing is running').waitFor();
  expect(await places()).toEqual(before);
  await page.close();
});

test('an engine that is not there is a state, and its coming is seen', async () => {
  const page = await open('gone');
  await page.getByText('Not answering').waitFor();
  await page.evaluate(() => {
    fake.isAlive = true;
    fake.say({ state: 'ready' });
  });
  await page.getByText('Ready', { exact: true }).waitFor();
  await page.close();
});

test('an engine that goes away while it is watched is started again', async () => {
  const page = await open('busy');
  await page.getByText('Ready', { exact: true }).waitFor();
  await page.evaluate(() => fake.die());
  await page.getByText('Starting', { exact: true }).waitFor();
  await page.evaluate(() => {
    fake.isAlive = true;
  });
  await page.getByText('Ready', { exact: true }).waitFor();
  await page.close();
});

test('it leads to the options', async () => {
  const page = await open('idle');
  await page.getByRole('button', { name: 'Models, sites and limits' }).click();
  expect(await callsOf(page)).toEqual([{ name: 'openOptionsPage', input: undefined }]);
  await page.close();
});
