// @ts-check
/** A stream that brings nothing for so long is stuck. */
const STUCK_MS = 120_000;
/** Prompts short and long, always with the same seed, so that their answers are always the same. */
export const PROMPTS = [3, 9, 40, 120].map((length) =>
  Array.from({ length }, (_, i) => (i * 37 + length) % 1000),
);
const ANSWER_TOKENS = 12;

/**
 * @typedef {object} World
 * @property {Awaited<ReturnType<typeof import('../bench/peers/browser.mjs').openBrowser>>} browser
 * @property {string} url Of a site that may ask
 * @property {string[]} models
 * @property {() => number} next Chance, in [0, 1)
 * @property {Map<string, string>} expected What each question was answered first
 */

/**
 * Everything at once: pages that ask and read, at once or slowly, pages that stop reading, pages that are closed under
 * their answer, caps that change; then a model is unloaded, the others too, and nothing is left on the device. Fails at
 * the first answer that is not what it was, the first stream that is stuck, the first byte that nobody freed.
 * @param {World} world
 */
export async function browserRound({ browser, url, models, next, expected }) {
  const counts = { answers: 0, left: 0, mostBytes: 0 };
  const pick = (/** @type {any[]} */ all) => all[Math.floor(next() * all.length)];
  const join = async () => {
    const page = await browser.context.newPage();
    await page.goto(url);
    return page;
  };
  const question = () => {
    const [model, prompt] = [pick(models), Math.floor(next() * PROMPTS.length)];
    return { model, prompt: PROMPTS[prompt] ?? [], seed: prompt, maxTokens: ANSWER_TOKENS };
  };
  const answered = async (/** @type {number} */ readMs) => {
    const asked = question();
    const page = await join();
    const ids = await inTime(page.evaluate(ask, { ...asked, readMs, leavesAfter: Number.MAX_SAFE_INTEGER }));
    await page.close();
    const name = `${asked.model} ${asked.seed}`;
    const before = expected.get(name) ?? ids.join();
    expected.set(name, before);
    if (ids.join() !== before)
      throw new Error(`Prompt ${name} was answered ${ids.join()} and not ${before}.`);
    counts.answers++;
  };
  const stopsReading = async () => {
    const page = await join();
    await inTime(page.evaluate(ask, { ...question(), readMs: 0, leavesAfter: 1 + Math.floor(3 * next()) }));
    await page.close();
    counts.left++;
  };
  const isClosed = async (/** @type {number} */ afterMs) => {
    const page = await join();
    const asking = page
      .evaluate(ask, { ...question(), readMs: 20, leavesAfter: Number.MAX_SAFE_INTEGER })
      .catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    await page.close();
    await asking;
    counts.left++;
  };
  const changeCaps = async () => {
    const caps = { gpuPercent: pick([30, 60, 100]), memoryBytes: pick([1.2e8, 1e9]) };
    await browser.call('background', 'changeSettings', { caps });
  };

  await Promise.all([
    answered(0),
    answered(0),
    answered(pick([5, 20, 60])),
    stopsReading(),
    isClosed(pick([0, 50, 400])),
    changeCaps(),
  ]);
  await browser.call('screen', 'unload', { model: pick(models) });
  await Promise.all([answered(0), changeCaps()]);

  counts.mostBytes = (await browser.call('screen', 'watch', undefined)).memoryBytes;
  for (const model of models) await browser.call('screen', 'unload', { model });
  const { memoryBytes, running } = await browser.call('screen', 'watch', undefined);
  if (memoryBytes > 0) throw new Error(`${memoryBytes} bytes are held with no model loaded.`);
  if (running.length > 0) throw new Error(`${running.length} answers run with no page left.`);
  return counts;
}

/**
 * @template T
 * @param {Promise<T>} work
 * @returns {Promise<T>}
 */
async function inTime(work) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const stuck = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Nothing has come for ${STUCK_MS / 1000} seconds.`)), STUCK_MS);
  });
  return /** @type {Promise<T>} */ (Promise.race([work, stuck])).finally(() => clearTimeout(timer));
}

/**
 * Runs in the page: one streamed answer, read until its end or until the page has had enough.
 * @param {{ model: string, prompt: number[], seed: number, maxTokens: number, readMs: number, leavesAfter: number }} request
 */
async function ask({ model, prompt, seed, maxTokens, readMs, leavesAfter }) {
  const { hearth } = globalThis;
  if (!hearth) throw new Error('The page has no window.hearth: the extension is not loaded.');
  const stream = await hearth.completions.create({
    model,
    prompt,
    max_tokens: maxTokens,
    temperature: 0.9,
    seed,
    stream: true,
    return_token_ids: true,
  });
  /** @type {number[]} */
  const ids = [];
  for await (const { choices } of stream) {
    ids.push(...(choices[0]?.token_ids ?? []));
    if (ids.length >= leavesAfter) break;
    if (readMs > 0) await new Promise((resolve) => setTimeout(resolve, readMs));
  }
  return ids;
}
