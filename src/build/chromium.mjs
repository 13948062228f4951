// @ts-check
import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { root, run, step } from './run.mjs';
import { Trouble } from './trouble.mjs';

/**
 * Where Chromium's own binary lies, best first. Not `/usr/bin/chromium`: Debian's is a script that adds flags,
 * and Vulkan's loader and software driver lie beside the real one.
 */
const PLACES = {
  linux: [
    '/usr/lib/chromium/chromium',
    '/usr/lib64/chromium-browser/chromium-browser',
    '/usr/lib/chromium-browser/chromium-browser',
    '/usr/lib/chromium/chrome',
    '/opt/chromium/chrome',
  ],
  darwin: ['/Applications/Chromium.app/Contents/MacOS/Chromium'],
};

/** Where Playwright and Puppeteer's users have a Chromium already; `*` is any one name. */
const CACHES = {
  linux: ['~/.cache/ms-playwright/chromium-*/chrome-linux*/chrome'],
  darwin: [
    '~/Library/Caches/ms-playwright/chromium-*/chrome-mac*/Chromium.app/Contents/MacOS/Chromium',
    '~/Library/Caches/ms-playwright/chromium-*/chrome-mac*/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing',
  ],
};

/** What is on many machines and will not do: since version 137 these ignore `--load-extension`. */
const BRANDED = [
  '/opt/google/chrome/chrome',
  '/opt/microsoft/msedge/msedge',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
];

/** @returns {Promise<string>} A Chromium that can load the extension; installed now if that is possible */
export async function ensureChromium() {
  let chromium = findChromium();
  if (!chromium && canInstall()) {
    await step('Installing Chromium (apt-get install chromium)', installChromium);
    chromium = findChromium();
  }
  if (!chromium) throw new Trouble(howToInstall());

  const wanted = Number(
    JSON.parse(readFileSync(resolve(root, 'manifest.json'), 'utf8')).minimum_chrome_version,
  );
  const version = execFileSync(chromium, ['--version'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  if (Number(/\d+/.exec(version)?.[0]) < wanted)
    throw new Trouble(
      `${chromium} is ${version.trim()}, and Hearth needs version ${wanted} or newer. ` +
        'Update it, or name a newer one in the environment variable HEARTH_CHROMIUM.',
    );
  return chromium;
}

/**
 * @param {object} [machine]
 * @param {string} [machine.platform]
 * @param {NodeJS.ProcessEnv} [machine.env]
 * @param {string} [machine.home]
 * @param {(path: string) => boolean} [machine.isExecutable]
 * @param {(folder: string) => string[]} [machine.list] The names in a folder, none if it does not exist
 * @returns {string | undefined}
 */
export function findChromium({
  platform = process.platform,
  env = process.env,
  home = homedir(),
  isExecutable = canExecute,
  list = listFolder,
} = {}) {
  if (env.HEARTH_CHROMIUM) {
    if (isExecutable(env.HEARTH_CHROMIUM)) return env.HEARTH_CHROMIUM;
    throw new Trouble(
      `HEARTH_CHROMIUM names ${env.HEARTH_CHROMIUM}, which is no program that can be run. ` +
        "Set it to Chromium's binary, or unset it to have one looked for.",
    );
  }
  const system = /** @type {keyof typeof PLACES} */ (platform);
  const caches = (CACHES[system] ?? []).flatMap((pattern) => expand(pattern.replace('~', home), list));
  const onPath = (env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => ['chromium', 'chromium-browser'].map((name) => join(folder, name)));
  return [...(PLACES[system] ?? []), ...caches, ...onPath].find(isExecutable);
}

/**
 * The paths that a pattern with `*` in its names stands for, newest name first.
 * @param {string} pattern
 * @param {(folder: string) => string[]} list
 */
function expand(pattern, list) {
  let paths = [''];
  for (const part of pattern.split('/').slice(1)) {
    const [start, end] = part.split('*');
    paths = paths.flatMap((path) =>
      end === undefined
        ? [`${path}/${part}`]
        : list(path || '/')
            .filter((name) => name.startsWith(start ?? '') && name.endsWith(end))
            .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
            .map((name) => `${path}/${name}`),
    );
  }
  return paths;
}

const canInstall = () =>
  process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');

async function installChromium() {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update'], { env, output: 'kept' });
  // A font, because without any the pages and their screenshots show boxes
  const packages = ['chromium', 'fonts-liberation'];
  await run('apt-get', ['install', '-y', '--no-install-recommends', ...packages], { env, output: 'kept' });
}

function howToInstall() {
  const branded = BRANDED.find(canExecute);
  const how =
    process.platform === 'darwin'
      ? '`brew install --cask chromium`, or `npx playwright-core install chromium`'
      : 'your package manager (`sudo apt install chromium`, `sudo dnf install chromium`), or `npx playwright-core install chromium`';
  return (
    `No Chromium was found. Install it with ${how}; ` +
    'or name its binary in the environment variable HEARTH_CHROMIUM.' +
    (branded
      ? `\n${branded} is here, but since version 137 it loads no extension from the command line. ` +
        'To use Hearth in it: `npm run build`, then chrome://extensions → Developer mode → Load unpacked → dist.'
      : '')
  );
}

/** @param {string} path */
function canExecute(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** @param {string} folder */
const listFolder = (folder) => (existsSync(folder) ? readdirSync(folder) : []);
