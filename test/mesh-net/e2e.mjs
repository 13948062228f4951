// @ts-check
// `npm run mesh:e2e -- --peers N [--net lan|wifi|lossy]`: the built extension in N browsers, whose popups are clicked.
import '../../src/build/node-version.mjs';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ensureChromium } from '../../src/build/chromium.mjs';
import { parseFlags, usage, wholeNumber } from '../../src/build/flags.mjs';
import { ensurePackages } from '../../src/build/packages.mjs';
import { out, root, tool } from '../../src/build/run.mjs';
import { main, Trouble } from '../../src/build/trouble.mjs';

const NETS = ['here', 'lan', 'wifi', 'lossy'];
const FLAGS = {
  peers: { takes: 'N', about: 'how many browsers (2)', parse: wholeNumber(2, 16) },
  net: {
    takes: 'NAME',
    about: `the network between them: ${NETS.join(', ')} (here: no namespaces)`,
    parse: (/** @type {string} */ value) => {
      if (!NETS.includes(value)) throw new Trouble(`--net knows ${NETS.join(', ')}, and got "${value}".`);
      return value;
    },
  },
};

await main(async () => {
  const { help, peers = 2, net = 'here' } = parseFlags(process.argv.slice(2), FLAGS);
  if (help)
    return console.log(
      `npm run mesh:e2e joins browsers to a room and prints figures as JSON.\n\n${usage(FLAGS)}`,
    );
  await ensurePackages();
  const env = {
    ...process.env,
    HEARTH_CHROMIUM: await ensureChromium(),
    HEARTH_PEERS: String(peers),
    HEARTH_NET: net,
  };
  const args = ['run', '-c', 'test/vitest.config.ts', '--project', 'bench', 'test/bench/mesh-e2e'];
  const child = spawn(tool('vitest'), args, { cwd: root, env, stdio: ['ignore', 2, 2] });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Trouble('The browsers did not get through; what happened is above.');
  console.log(readFileSync(resolve(out, 'bench/mesh-e2e.json'), 'utf8'));
});
