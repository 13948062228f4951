// @ts-check
import './node-version.mjs';
import { resolve } from 'node:path';
import { ensureChromium } from './chromium.mjs';
import { buildExtension } from './extension.mjs';
import { parseFlags, usage } from './flags.mjs';
import { ensurePackages } from './packages.mjs';
import { main, Trouble } from './trouble.mjs';
import { checkoutOf, testPages } from './wpt-pages.mjs';

const FLAGS = { only: { takes: 'TEXT', about: 'runs only tests whose path has this text in it' } };

await main(async () => {
  const args = process.argv.slice(2);
  const [given = '--help', ...rest] = args[0]?.startsWith('--') ? ['--help'] : args;
  const { help, only = '' } = parseFlags(given === '--help' ? [given] : rest, FLAGS);
  if (help)
    return console.log(
      `npm run wpt -- FOLDER runs the tests in a folder of a checkout of web-platform-tests, such as its \`ai\`.\n\n${usage(FLAGS)}`,
    );

  const folder = resolve(process.env.INIT_CWD ?? '.', given);
  const checkout = checkoutOf(folder);
  if (!checkout)
    throw new Trouble(
      `${folder} lies in no checkout of web-platform-tests: resources/testharness.js is in no folder above it.`,
    );
  const pages = testPages(checkout, folder).filter((page) => page.includes(only));
  if (pages.length === 0) throw new Trouble(`There are no tests in ${folder} that can run in a page.`);

  await ensurePackages();
  const chromium = await ensureChromium();
  await buildExtension();
  // Imported here, since it stands on a package that may have been installed only now
  const { runPages } = await import('./wpt-run.mjs');
  const { passed, failed } = await runPages(chromium, checkout, pages);
  console.log(`\n${passed} passed, ${failed} failed, in ${pages.length} pages`);
  if (failed > 0) process.exitCode = 1;
});
