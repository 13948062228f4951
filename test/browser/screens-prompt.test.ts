import { afterAll, beforeAll, expect, test } from 'vitest';
import { callsOf, Screens } from '../screens/open-screens.ts';
import { GUARD_MS } from '../../src/prompt/click-guard.ts';

let screens: Screens;
beforeAll(async () => {
  screens = await Screens.open();
});
afterAll(() => screens?.close());

const open = async (question: string) => {
  const page = await screens.page(`src/prompt/index.html?question=${question}`, {
    width: 480,
    height: 560,
    isClockStopped: true,
  });
  await page.getByRole('button').first().waitFor();
  return page;
};

test.each([
  ['Block', 'block'],
  ['Allow once', 'once'],
  ['Allow', 'allow'],
])('%s answers the question and closes the window', async (name, answer) => {
  const page = await open('plain');
  await page.clock.fastForward(GUARD_MS);
  await page.getByRole('button', { name, exact: true }).click();
  await page.getByText('You have answered').waitFor();
  expect(await callsOf(page)).toEqual([
    { name: 'answer', input: { question: 'plain', answer } },
    { name: 'window.close', input: undefined },
  ]);
  await page.close();
});

test('where the browser has a model of its own, the user may choose that', async () => {
  const page = await open('own');
  await page.clock.fastForward(GUARD_MS);
  await page.getByRole('button', { name: 'Use the browser’s own model' }).click();
  await page.getByText('You have answered').waitFor();
  expect((await callsOf(page))[0]).toEqual({ name: 'answer', input: { question: 'own', answer: 'own' } });
  await page.close();
});

test('a click in the first moment does nothing, and a screen reader hears when answers are taken', async () => {
  const page = await open('plain');
  const allow = page.getByRole('button', { name: 'Allow', exact: true });
  const status = page.getByRole('status');
  await page.clock.fastForward(GUARD_MS - 1);
  expect(await allow.getAttribute('aria-disabled')).toBe('true');
  expect(await status.textContent()).toBe('The buttons work in a moment.');
  await allow.click({ force: true });
  expect(await callsOf(page)).toEqual([]);

  await page.clock.fastForward(1);
  await page.getByText('You can answer now.').waitFor();
  await allow.click();
  expect(await callsOf(page)).toHaveLength(2);
  await page.close();
});

test('a window that comes back to the front waits again', async () => {
  const page = await open('plain');
  await page.clock.fastForward(GUARD_MS);
  await page.getByText('You can answer now.').waitFor();
  await page.evaluate(() => {
    window.dispatchEvent(new Event('blur'));
    window.dispatchEvent(new Event('focus'));
  });
  await page.getByText('The buttons work in a moment.').waitFor();
  await page.getByRole('button', { name: 'Allow', exact: true }).click({ force: true });
  expect(await callsOf(page)).toEqual([]);
  await page.close();
});

test('no button has the focus, so Enter and Space meant for the page answer nothing', async () => {
  const page = await open('plain');
  await page.clock.fastForward(GUARD_MS);
  await page.getByText('You can answer now.').waitFor();
  for (const key of ['Enter', 'Space']) await page.keyboard.press(key);
  expect(await callsOf(page)).toEqual([]);
  await page.close();
});

test('a keyboard reaches the three buttons in their order', async () => {
  const page = await open('plain');
  await page.clock.fastForward(GUARD_MS);
  const reached: (string | null)[] = [];
  for (let i = 0; i < 3; i++) {
    await page.keyboard.press('Tab');
    reached.push(await page.evaluate(() => document.activeElement!.textContent));
  }
  expect(reached).toEqual(['Block', 'Allow once', 'Allow']);
  await page.keyboard.press('Enter');
  await page.getByText('You have answered').waitFor();
  expect((await callsOf(page))[0]).toEqual({ name: 'answer', input: { question: 'plain', answer: 'allow' } });
  await page.close();
});

test('Escape dismisses at once', async () => {
  const page = await open('plain');
  await page.keyboard.press('Escape');
  await page.getByText('You have answered').waitFor();
  expect((await callsOf(page))[0]).toEqual({
    name: 'answer',
    input: { question: 'plain', answer: 'dismiss' },
  });
  await page.close();
});

test('an address is shown whole and in its coded form, with what to know about it', async () => {
  const page = await open('download');
  expect(await page.getByRole('heading').innerText()).toContain('https://xn--80ak6aa92e.com');
  await page.getByText('imitate').waitFor();
  const models = page.getByRole('list', { name: 'Models asked for' });
  expect(await models.innerText()).toMatch(
    /Llama 3\.1 8B Instruct.*4\.6.GB.*downloaded from huggingface\.co/s,
  );
  await page.close();

  const long = await open('long');
  const heading = long.getByRole('heading');
  expect(await heading.innerText()).toContain(
    'accounts.google.com.signin.a-very-long-host-name-that-will-not-fit-in-any-window.example.net:8443',
  );
  expect(await heading.evaluate((element) => element.scrollWidth <= element.clientWidth)).toBe(true);
  await long.close();
});

test('a page without an address is called so', async () => {
  const page = await open('opaque');
  expect(await page.getByRole('heading').innerText()).toContain('A page without an address');
  await page.getByText('cannot remember your answer').waitFor();
  await page.close();
});
