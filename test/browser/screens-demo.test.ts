// The demo page as a page author would see it, over a `window.hearth` of our own that answers piece by piece.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { axeViolations, type Screen, Screens } from '../screens/open-screens.ts';

declare global {
  interface Window {
    /** What the page asked last, and how the test answers it. */
    answer: {
      request: { messages: { role: string; content: string }[]; max_tokens: number; stream: boolean };
      say: (text: string) => void;
      finish: () => void;
      fail: (code: string, message: string) => void;
    };
  }
}

/** Runs in the page, before its own scripts. */
function fakePageApi(): void {
  async function create(request: Window['answer']['request'], { signal }: { signal: AbortSignal }) {
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    const chunk = (content: string | undefined, rest = {}) =>
      void writer.write({
        model: 'hearthside',
        choices: [{ delta: content === undefined ? {} : { content }, token_ids: content ? [1, 2] : [] }],
        ...rest,
      });
    return new Promise((resolve, reject) => {
      const end = (error: unknown) => {
        reject(error);
        void writer.abort(error);
      };
      signal.addEventListener('abort', () => end(signal.reason));
      window.answer = {
        request,
        say: (text) => {
          chunk(text);
          resolve(readable);
        },
        finish: () => {
          chunk(undefined, { usage: { completion_tokens: 84 }, timings: { decode_ms: 2000 } });
          void writer.close();
        },
        fail: (code, message) => end(Object.assign(new Error(message), { code })),
      };
    });
  }
  Object.assign(window, { hearth: { chat: { completions: { create } } } });
}

let screens: Screens;
beforeAll(async () => {
  screens = await Screens.open();
});
afterAll(() => screens?.close());

const open = (query = '') =>
  screens.page(`src/demo/index.html${query}`, { width: 800, height: 700, before: fakePageApi });
const state = (page: Screen) => page.locator('html').getAttribute('data-state');
const answerOf = (page: Screen) => page.locator('[data-answer]').last();

/** Writes a message and sends it by keyboard. */
async function send(page: Screen, text: string): Promise<void> {
  await page.getByLabel('Message').fill(text);
  await page.keyboard.press('Enter');
  await page.waitForFunction((sent) => window.answer?.request.messages.at(-1)?.content === sent, text);
}

test('a question in the address is asked at once, and its answer streams into the page', async () => {
  const page = await open('?prompt=Hello%20there&max_tokens=17');
  await page.waitForFunction(() => window.answer);
  expect(await state(page)).toBe('asking');
  expect(await page.evaluate(() => window.answer.request)).toMatchObject({
    stream: true,
    max_tokens: 17,
    messages: [{ role: 'system' }, { role: 'user', content: 'Hello there' }],
  });

  await page.evaluate(() => window.answer.say('The sea '));
  await page.locator('html[data-state=streaming]').waitFor();
  await page.evaluate(() => window.answer.say('was calm.'));
  await answerOf(page).getByText('The sea was calm.').waitFor();
  await page.evaluate(() => window.answer.finish());
  await page.locator('html[data-state=done]').waitFor();
  expect(await page.locator('[data-speed]').innerText()).toBe('hearthside · 84 tokens · 42.0 tokens/s');
  expect(page.problems).toEqual([]);
  await page.close();
});

test('the conversation so far goes with each message, and the system prompt is the user’s', async () => {
  const page = await open();
  await page.getByText('System prompt').click();
  await page.getByLabel('System prompt').fill('Be brief.');
  await send(page, 'One?');
  await page.evaluate(() => {
    window.answer.say('Two.');
    window.answer.finish();
  });
  await page.locator('html[data-state=done]').waitFor();
  await send(page, 'Three?');
  expect(await page.evaluate(() => window.answer.request.messages)).toEqual([
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'One?' },
    { role: 'assistant', content: 'Two.' },
    { role: 'user', content: 'Three?' },
  ]);
  await page.close();
});

test('Stop ends the answer, and what had come stays', async () => {
  const page = await open();
  await send(page, 'Go on');
  await page.evaluate(() => window.answer.say('Once upon'));
  await answerOf(page).getByText('Once upon').waitFor();
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.locator('html[data-state=done]').waitFor();
  expect(await answerOf(page).innerText()).toBe('Once upon');
  await page.getByRole('status').getByText('Stopped.').waitFor();
  await page.close();
});

test('a refusal is told, and the message is there to be sent again', async () => {
  const page = await open();
  await send(page, 'May I?');
  await page.evaluate(() => window.answer.fail('not-allowed', 'The user has blocked this site.'));
  await page.locator('html[data-state=error]').waitFor();
  await page.getByRole('status').getByText('The user has blocked this site.').waitFor();
  expect(await page.getByLabel('Message').inputValue()).toBe('May I?');
  expect(await page.locator('article').count()).toBe(0);
  await page.close();
});

test('a screen reader hears whole sentences, each once', async () => {
  const page = await open();
  await send(page, 'Speak');
  const spoken = () => page.locator('#spoken p').allInnerTexts();
  for (const piece of ['The se', 'a was ca', 'lm. The ', 'wind had', ' gone. And']) {
    await page.evaluate((text) => window.answer.say(text), piece);
  }
  await answerOf(page).getByText('gone. And').waitFor();
  expect(await spoken()).toEqual(['The sea was calm.', 'The wind had gone.']);
  await page.evaluate(() => window.answer.finish());
  await page.locator('html[data-state=done]').waitFor();
  expect(await spoken()).toEqual(['The sea was calm.', 'The wind had gone.', 'And']);
  await page.close();
});

test('the composer does not move while an answer grows past the window, and its end stays in view', async () => {
  const page = await open();
  await send(page, 'A long one');
  const place = () => page.locator('.composer').evaluate((element) => element.getBoundingClientRect().bottom);
  await page.evaluate(() => window.answer.say('First line\n'));
  await answerOf(page).getByText('First line').waitFor();
  const before = await place();
  for (let i = 0; i < 40; i++) await page.evaluate((n) => window.answer.say(`line ${n}\n`), i);
  await answerOf(page).getByText('line 39').waitFor();
  expect(await place()).toBeCloseTo(before, 0);
  const end = await answerOf(page).evaluate((element) => element.getBoundingClientRect().bottom);
  expect(end).toBeLessThanOrEqual(700);
  await page.close();
});

test.each(['light', 'dark'] as const)(
  'it has no accessibility faults while it answers, %s',
  async (colorScheme) => {
    const page = await open();
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: `out/screens/demo-welcome-${colorScheme}.png` });
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('button', { name: /old house/ }).click();
    await page.waitForFunction(() => window.answer);
    await page.evaluate(() => {
      window.answer.say('The house stood where the road gave out, its windows blind with salt. ');
      window.answer.say('Nobody had lit a fire there since the autumn of the great storm.');
      window.answer.finish();
    });
    await page.locator('html[data-state=done]').waitFor();
    await send(page, 'And who lives there now?');
    await page.evaluate(() => window.answer.say('A widow, and her '));
    await answerOf(page).getByText('A widow').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.screenshot({ path: `out/screens/demo-chat-${colorScheme}.png` });
    await page.close();
  },
);
