// @ts-check
// What every engine is asked for, so that one table holds them all.

/**
 * @typedef {object} Work
 * @property {string} model A GGUF file
 * @property {number} prompt Tokens of the prompt that is prefilled
 * @property {number} tokens Tokens of an answer
 * @property {number} streams Pages that are answered at once
 * @property {number} repeat
 */

/** @typedef {{median: number, min: number, max: number}} Spread */

/**
 * One engine's figures, or why there are none.
 * @typedef {object} Outcome
 * @property {string} engine
 * @property {string} [version]
 * @property {string} [device] What it computed on, in its own words
 * @property {Record<string, Spread>} [figures] By the keys of `FIGURES`
 * @property {object} [details]
 * @property {string} [because]
 */

/** In the order of the table's columns. */
export const FIGURES = {
  decode: 'decode, tok/s',
  prefill: 'prefill, tok/s',
  streams: 'streams together, tok/s',
  firstTokenMs: 'first token, ms',
  attachMs: 'attach, ms',
  loadColdMs: 'first load to first token, ms',
  loadMs: 'load again to first token, ms',
  loadNextMs: 'after the browser has started again, ms',
};

/**
 * @param {number[]} values
 * @returns {Spread}
 */
export function spread(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return { median: (low + high) / 2, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

/**
 * What an engine gave, or a sentence of why it gave nothing: one that fails leaves the others their turn.
 * @param {string} engine
 * @param {() => Promise<Omit<Outcome, 'engine'>>} measure
 * @returns {Promise<Outcome>}
 */
export async function outcome(engine, measure) {
  console.error(`· ${engine}`);
  try {
    return { engine, ...(await measure()) };
  } catch (error) {
    return { engine, because: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * A Markdown table of what was measured, and a list of what was not.
 * @param {Outcome[]} outcomes
 */
export function table(outcomes) {
  const measured = outcomes.filter(({ figures }) => figures);
  const keys = Object.entries(FIGURES).filter(([key]) => measured.some(({ figures }) => figures?.[key]));
  const row = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  const missing = outcomes.filter(({ because }) => because);
  return [
    row(['', ...keys.map(([, title]) => title)]),
    row(['---', ...keys.map(() => '---')]),
    ...measured.map(({ engine, figures }) => row([engine, ...keys.map(([key]) => shown(figures?.[key]))])),
    '',
    ...missing.map(({ engine, because }) => `- Not measured: ${engine}. ${because}`),
  ].join('\n');
}

/** @param {Spread | undefined} spread */
function shown(spread) {
  if (!spread) return '';
  const { median, min, max } = spread;
  return min === max ? number(median) : `${number(median)} [${number(min)}–${number(max)}]`;
}

/** @param {number} value */
const number = (value) => value.toLocaleString('en', { maximumSignificantDigits: value < 1000 ? 3 : 5 });
