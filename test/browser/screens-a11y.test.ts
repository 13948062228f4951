// Every screen in every state, light and dark: no accessibility faults, nothing thrown, nothing that the
// extension's content policy would stop. A picture of each is kept in out/screens.
import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { axeViolations, Screens } from '../screens/open-screens.ts';

const POPUP = { width: 360, height: 560 };
const PROMPT = { width: 460, height: 530 };
const popup = (scene: string, shows: string) => ({
  name: `popup-${scene}`,
  path: `src/popup/index.html?scene=${scene}`,
  shows,
  ...POPUP,
});
const prompt = (question: string, shows: string) => ({
  name: `prompt-${question}`,
  path: `src/prompt/index.html?question=${question}`,
  shows,
  ...PROMPT,
});
const options = (part: string, shows: string, scene = 'busy') => ({
  name: `options-${part}-${scene}`,
  path: `options/index.html?scene=${scene}#${part}`,
  shows,
  width: 1000,
  height: 800,
});

const SCREENS = [
  popup('busy', 'notes.example.com'),
  popup('idle', 'Nothing is running'),
  popup('wasm', 'no WebGPU'),
  popup('recovering', 'Recovering'),
  popup('starting', 'Starting'),
  popup('gone', 'does not answer'),
  { ...popup('room', 'RTX 4070'), path: 'src/popup/index.html?scene=room#join=ABC', height: 700 },
  { ...popup('no-room', 'I know that'), path: 'src/popup/index.html?scene=idle#join=ABC', height: 700 },
  {
    ...popup('invite', 'scan or paste its reply'),
    path: 'src/popup/index.html?scene=room#invite',
    width: 700,
    height: 900,
  },
  prompt('plain', 'notes.example.com'),
  prompt('files', 'share large files'),
  { ...prompt('own', 'browser’s own model'), height: 600 },
  prompt('download', 'huggingface.co'),
  prompt('opaque', 'without an address'),
  prompt('stranger', 'does not know'),
  prompt('long', 'example.net:8443'),
  prompt('unknown', 'answered'),
  options('models', 'Catalogue'),
  options('sites', 'Revoke'),
  options('sites', 'No sites yet', 'idle'),
  options('files', 'localhost:5173'),
  options('files', 'No files yet', 'idle'),
  options('limits', 'of 24'),
  options('machines', 'RTX 4070'),
  options('performance', 'Copy the report'),
  options('performance', 'no kernels to time', 'wasm'),
  { ...options('performance', 'Copy the report'), name: 'options-performance-narrow', width: 400 },
  options('about', 'collects nothing'),
  { ...options('models', 'Catalogue', 'idle'), name: 'options-narrow', width: 400 },
  { name: 'demo-missing', path: 'src/demo/index.html', shows: 'Hearth is not here', width: 800, height: 700 },
];

let screens: Screens;
beforeAll(async () => {
  mkdirSync('out/screens', { recursive: true });
  screens = await Screens.open();
});
afterAll(() => screens?.close());

test.each(SCREENS)(
  '$name has no accessibility faults, light or dark',
  async ({ name, path, shows, width, height }) => {
    const page = await screens.page(path, { width, height });
    await page.getByText(shows).first().waitFor();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await axeViolations(page), colorScheme).toEqual([]);
      await page.screenshot({ path: `out/screens/${name}-${colorScheme}.png`, fullPage: true });
    }
    expect(page.problems).toEqual([]);
    // Nothing is wider than the window: no text is cut off sideways
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    await page.close();
  },
);

test('the check finds faults: a picture without text and words too pale to read', async () => {
  const page = await screens.page('src/popup/index.html?scene=idle');
  await page.evaluate(() => {
    document.querySelector('main')!.innerHTML = '<img src="x"><p style="color:#999;background:#fff">pale</p>';
  });
  const faults = (await axeViolations(page)).join('\n');
  expect(faults).toContain('image-alt');
  expect(faults).toContain('color-contrast');
});
