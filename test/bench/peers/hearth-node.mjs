// @ts-check
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../../src/build/run.mjs';

/**
 * `hearth bench` on the same file, alone and with several streams.
 * @param {import('./figures.mjs').Work} work
 * @param {{ command: string[], env: NodeJS.ProcessEnv }} hearth
 */
export async function measureNode({ model, prompt, tokens, streams, repeat }, { command, env }) {
  const bench = async (/** @type {object} */ flags) => {
    const args = Object.entries({ model, tg: tokens, repeat, ...flags }).flatMap(([name, value]) => [
      `--${name}`,
      String(value),
    ]);
    const { stdout } = await promisify(execFile)(process.execPath, [...command, 'bench', ...args], { env });
    return JSON.parse(stdout);
  };
  const one = await bench({ pp: prompt });
  const many = await bench({ pp: 0, concurrency: streams });
  const rate = (/** @type {any} */ result, /** @type {string} */ name) =>
    result.tests.find((/** @type {any} */ { test }) => test === name)?.tokens_per_second;
  return {
    version: JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')).version,
    device: one.adapter.name,
    figures: {
      decode: rate(one, `tg${tokens}`),
      prefill: rate(one, `pp${prompt}`),
      streams: rate(many, `tg${tokens}`),
    },
    details: { one, many },
  };
}
