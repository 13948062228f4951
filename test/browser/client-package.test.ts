// The npm package as sites get it: built, packed, unpacked, and imported where there is no Hearth.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { out, root } from '../../src/build/run.mjs';

let folder: string;
beforeAll(() => {
  const run = (command: string, args: string[]) =>
    execFileSync(command, args, { cwd: root, encoding: 'utf8' });
  run('node', ['src/build/package-client.mjs']);
  mkdirSync(out, { recursive: true });
  // Within the checkout, so that what the package stands on is found
  folder = mkdtempSync(join(out, 'client-'));
  const [{ filename }] = JSON.parse(
    run('npm', ['pack', './dist-client', '--json', '--pack-destination', folder]),
  );
  run('tar', ['-xzf', join(folder, filename), '-C', folder]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const load = (file: string) => import(/* @vite-ignore */ pathToFileURL(join(folder, 'package', file)).href);

test('in Node it says that Hearth is not there, and how to get it', async () => {
  const client = await load('index.js');
  expect(client.isInstalled()).toBe(false);
  expect(client.howToInstall()).toEqual({ canInstall: false, message: expect.stringContaining('Chrome') });
  expect(() => client.requireHearth()).toThrow(client.NotInstalledError);
  await expect(client.hearthFetch('https://hearth.local/v1/models')).rejects.toThrow('Hearth extension');
});

test('its provider makes models, which need Hearth only when they are asked', async () => {
  const { hearth } = await load('ai-sdk.js');
  const model = hearth('hearthside');
  expect(model.modelId).toBe('hearthside');
  const prompt = [{ role: 'user', content: [{ type: 'text', text: 'x' }] }];
  await expect(model.doGenerate({ prompt })).rejects.toThrow('Hearth extension');
});
