// Renders hearth.svg to the PNGs that the manifest names: node src/ui/icons/render.mjs
import { readFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';

const folder = new URL('.', import.meta.url);
const svg = await readFile(new URL('hearth.svg', folder), 'utf8');
const browser = await chromium.launch({
  executablePath: process.env.HEARTH_CHROMIUM ?? '/usr/lib/chromium/chromium',
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
const page = await browser.newPage();
for (const size of [16, 32, 48, 128]) {
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(`<style>* { margin: 0 } svg { display: block; width: 100vw }</style>${svg}`);
  await page.screenshot({ path: new URL(`${size}.png`, folder).pathname, omitBackground: true });
}
await browser.close();
