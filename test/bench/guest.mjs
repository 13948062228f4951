// @ts-check
// `npm run bench:guest`: how much slower an owner's page is answered while this machine computes for another, on Dawn in
// Node. `HEARTH_ROUNDS` for more or fewer; figures go to out/bench/guest.json.
import { spawn } from 'node:child_process';
import { findChromium } from '../../src/build/chromium.mjs';
import { root, tool } from '../../src/build/run.mjs';
import { vulkanEnvironment } from '../../src/build/vulkan.mjs';

const args = ['run', '-c', 'test/vitest.config.ts', '--project', 'bench', 'test/bench/guest'];
const env = vulkanEnvironment({ chromium: findChromium() });
const child = spawn(tool('vitest'), args, { cwd: root, env, stdio: 'inherit' });
child.on('close', (code) => (process.exitCode = code ?? 1));
