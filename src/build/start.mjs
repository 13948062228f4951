// @ts-check
import './node-version.mjs';
import { spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { ensureChromium } from './chromium.mjs';
import { chromiumFlags } from './chromium-flags.mjs';
import { buildExtension, DIST } from './extension.mjs';
import { parseFlags, usage, wholeNumber } from './flags.mjs';
import { ensurePackages } from './packages.mjs';
import { out, root } from './run.mjs';
import { serveFolder } from './static-server.mjs';
import { main, Trouble } from './trouble.mjs';

/** Always the same one if it is free: what the user allowed is remembered for an origin, and the port is part of it. */
const PORT = 8431;

/** What is asked when nobody is there to ask. */
const PROMPT = 'Write the opening of a story about a lighthouse keeper and a storm.';
const MAX_TOKENS = 120;

const FLAGS = {
  headless: { about: 'shows no browser: asks one question, prints the answer, saves out/demo.png and ends' },
  prompt: {
    takes: 'TEXT',
    about: 'what to ask at once',
    parse: (/** @type {string} */ text) => {
      if (text.trim() === '') throw new Trouble('--prompt takes a text to ask, and got an empty one.');
      return text;
    },
  },
  'max-tokens': {
    takes: 'N',
    about: 'the most tokens that the answer may have',
    parse: wholeNumber(1, 1_000_000),
  },
  port: { takes: 'N', about: `where the demo page is served (${PORT})`, parse: wholeNumber(1, 65_535) },
};

const hasDisplay =
  process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);

await main(async () => {
  const { help, headless, prompt, port, 'max-tokens': maxTokens } = parseFlags(process.argv.slice(2), FLAGS);
  if (help) {
    console.log(`npm start builds Hearth and opens a page that talks to it.\n\n${usage(FLAGS)}`);
    return;
  }

  await ensurePackages();
  const chromium = await ensureChromium();
  await buildExtension();

  const server = await serveFolder(resolve(root, 'src/demo'), { port: port ?? PORT, mayChoose: !port });
  try {
    if (headless || !hasDisplay) {
      // Imported here, since it stands on a package that may have been installed only now
      const { drive } = await import('./drive.mjs');
      await drive(
        chromium,
        demoUrl(server.url, { prompt: prompt ?? PROMPT, maxTokens: maxTokens ?? MAX_TOKENS }),
      );
    } else await show(chromium, demoUrl(server.url, { prompt, maxTokens }));
  } finally {
    server.close();
  }
});

/**
 * The demo page, asking at once if there is a prompt.
 * @param {string} base
 * @param {{prompt?: string, maxTokens?: number}} ask
 */
function demoUrl(base, { prompt, maxTokens }) {
  const url = new URL(base);
  if (prompt !== undefined) url.searchParams.set('prompt', prompt);
  if (maxTokens !== undefined) url.searchParams.set('max_tokens', String(maxTokens));
  return url.href;
}

/**
 * Opens the browser and waits until the user closes it, or presses Ctrl-C here.
 * @param {string} chromium
 * @param {string} url
 */
async function show(chromium, url) {
  const profile = resolve(out, 'profile');
  if (isOpen(profile))
    throw new Trouble('A Chromium with this profile is open already. Close it, then run `npm start` again.');

  const flags = chromiumFlags(resolve(root, DIST), { headless: false });
  // What Chromium says to its terminal is for its own developers
  const browser = spawn(chromium, [`--user-data-dir=${profile}`, ...flags, url], { stdio: 'ignore' });
  console.error(`· ${url} is open in Chromium. Close it, or press Ctrl-C here, to end.`);

  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => browser.kill('SIGTERM'));
  const code = await new Promise((done, reject) => {
    browser.on('error', reject);
    browser.on('close', done);
  });
  if (code)
    throw new Trouble(
      `Chromium ended with code ${code}. Run \`npm start -- --headless\` to see whether it works without a window.`,
    );
}

/**
 * Whether a Chromium has this profile open: a second one would only hand its page to the first, and end.
 * @param {string} profile
 */
function isOpen(profile) {
  try {
    // Chromium's lock is a link to `host-pid`, which a crash leaves behind
    const [, pid] = /-(\d+)$/.exec(readlinkSync(resolve(profile, 'SingletonLock'))) ?? [];
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
}
