import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test.each(['start', 'test', 'package', 'cli'])(
  'on an old Node, %s.mjs ends with a sentence before it does anything',
  (name) => {
    const pretend = 'data:text/javascript,Object.defineProperty(process.versions,"node",{value:"18.20.4"})';
    const script = new URL(`${name}.mjs`, import.meta.url).pathname;
    const { status, stderr, stdout } = spawnSync(process.execPath, ['--import', pretend, script], {
      encoding: 'utf8',
    });
    expect(stderr).toMatch(/^Hearth's tools need Node 20.19 or newer, and this is Node 18.20.4.*\n$/);
    expect(stdout).toBe('');
    expect(status).toBe(1);
  },
);
