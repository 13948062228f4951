// In a browser that has built-in AI itself, the user chooses who answers, for each site.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { allow, launch } from './built-in-ai.ts';
import type { Harness } from './harness.ts';

let harness: Harness;
let page: Page;
let origin: string;

/** The browser under test has the interfaces and no model: this one stands in for a browser that has. */
function makeOwn() {
  class LanguageModel extends EventTarget {
    static calls: unknown[] = [];
    static async availability(options: unknown) {
      LanguageModel.calls.push(['availability', options]);
      return 'available';
    }
    static async create(options: unknown) {
      LanguageModel.calls.push(['create', options]);
      return new LanguageModel();
    }
    async prompt() {
      return 'the browser’s own';
    }
  }
  Object.assign(window, { LanguageModel, own: LanguageModel });
}

beforeAll(async () => {
  harness = await launch();
  await harness.context.addInitScript(makeOwn);
  origin = new URL(harness.url('http://chooser.localhost/')).origin;
});
afterAll(() => harness?.close());

beforeEach(async () => {
  await harness.forgetSites();
  await harness.call('background', 'changeSettings', { builtIn: 'ask' });
  await harness.call('background', 'chooseBuiltIn', { origin, choice: 'default' });
  await page?.close();
  page = await harness.open('http://chooser.localhost/');
});

const answer = () => page.evaluate(async () => (await LanguageModel.create()).prompt('hello'));
const answers = { own: 'the browser’s own', hearth: 'w0 w1 w2 w3 w4 w5 w6 w7 ' };
const choose = (choice: string) => harness.call('background', 'chooseBuiltIn', { origin, choice });

test.each(['own', 'hearth'] as const)('a site for which %s is chosen gets that', async (choice) => {
  await allow(harness, origin);
  await choose(choice);
  expect(await answer()).toBe(answers[choice]);
});

test('a site without a choice gets that of all sites', async () => {
  await allow(harness, origin);
  await harness.call('background', 'changeSettings', { builtIn: 'own' });
  expect(await answer()).toBe(answers.own);
  await choose('hearth');
  expect(await answer()).toBe(answers.hearth);
});

test('the browser’s own gets the options as they were, and its session is a LanguageModel', async () => {
  await choose('own');
  const found = await page.evaluate(async () => {
    const options = { initialPrompts: [], unknown: 1 };
    const session = await LanguageModel.create(options);
    const { calls } = (window as unknown as { own: { calls: [string, unknown][] } }).own;
    const isSame = calls.every(([, given]) => given === options);
    const availability = await LanguageModel.availability();
    return [session instanceof LanguageModel, isSame, calls.map(([name]) => name), availability];
  });
  expect(found).toEqual([true, true, ['create', 'availability'], 'available']);
});

test('a site that was let use Hearth is not asked about again', async () => {
  await allow(harness, origin);
  expect(await answer()).toBe(answers.hearth);
  expect(harness.prompts()).toEqual([]);
});

test('asked, the user chooses the browser’s own, and that is remembered', async () => {
  expect(await page.evaluate(() => LanguageModel.availability())).toBe('available');
  expect(harness.prompts()).toEqual([]);

  const first = answer();
  await harness.answer('Use the browser’s own model');
  expect(await first).toBe(answers.own);
  expect(await harness.call('background', 'builtInSites')).toEqual([{ origin, choice: 'own' }]);
  expect(await answer()).toBe(answers.own);
});

test('asked, the user allows Hearth', async () => {
  const first = answer();
  await harness.answer('Allow');
  expect(await first).toBe(answers.hearth);
  expect(await answer()).toBe(answers.hearth);
});

test('asked, the user blocks Hearth: the browser answers', async () => {
  const first = answer();
  await harness.answer('Block');
  expect(await first).toBe(answers.own);
  expect(await answer()).toBe(answers.own);
});

test('an abort takes the question back', async () => {
  const name = page.evaluate(async () => {
    const abort = new AbortController();
    const creating = LanguageModel.create({ signal: abort.signal });
    Object.assign(window, { abort });
    return creating.catch((error: Error) => error.name);
  });
  await harness.prompt();
  await page.evaluate(() => (window as unknown as { abort: AbortController }).abort.abort());
  expect(await name).toBe('AbortError');
  await expect.poll(() => harness.prompts().length).toBe(0);
});

test('what the browser does not have is Hearth’s', async () => {
  await allow(harness, origin);
  await choose('own');
  expect(await page.evaluate(async () => (await Writer.create()).write('hello'))).toBe(answers.hearth);
});
