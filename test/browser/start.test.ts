import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const picture = resolve(root, 'out/demo.png');

/** `npm start` to its end. */
async function start(args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['src/build/start.mjs', ...args], {
    cwd: root,
    env: { ...process.env, DISPLAY: '', WAYLAND_DISPLAY: '', ...env },
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (said.stdout += chunk));
  child.stderr.on('data', (chunk) => (said.stderr += chunk));
  const code = await new Promise<number | null>((done) => child.on('close', done));
  return { code, ...said };
}

test('a start without a display allows the demo page, prints its answer, the speed and the GPU, and leaves a picture', async () => {
  rmSync(picture, { force: true });
  const { code, stdout, stderr } = await start([
    // Only on Linux can a display be taken away
    ...(process.platform === 'linux' ? [] : ['--headless']),
    '--prompt',
    'Write a paragraph with: sea, lamp.',
    '--max-tokens',
    '12',
  ]);
  expect(stderr).toContain('Pressing Allow');
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/^\S[\s\S]{10,}\n[^\n]*\d[^\n]* tokens\/s[^\n]*\n\S[^\n]+\n$/);
  expect(readFileSync(picture).subarray(1, 4).toString()).toBe('PNG');
}, 240_000);

test('a start whose question cannot be answered ends with code 1 and with what the page knows', async () => {
  const { code, stdout, stderr } = await start(['--headless', '--prompt', 'too long '.repeat(8_000)]);
  expect(code, stdout).toBe(1);
  expect(stderr).toContain('The page got no answer. It shows:');
}, 240_000);

test('a port that is taken is not swapped for another if it was asked for', async () => {
  const other = createServer().listen(0, 'localhost');
  await new Promise((ready) => other.once('listening', ready));
  const { port } = other.address() as AddressInfo;
  const { code, stderr } = await start(['--headless', '--port', String(port)]);
  other.close();
  expect(code).toBe(1);
  expect(stderr).toContain(`Port ${port} cannot be used (EADDRINUSE). Choose another with --port.`);
});

test('a browser that is not there is named', async () => {
  const { code, stderr } = await start(['--headless'], { HEARTH_CHROMIUM: '/nowhere/chromium' });
  expect(code).toBe(1);
  expect(stderr).toContain('HEARTH_CHROMIUM names /nowhere/chromium');
});
