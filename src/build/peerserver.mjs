// @ts-check
import './node-version.mjs';
import { networkInterfaces } from 'node:os';
import { parseFlags, usage, wholeNumber } from './flags.mjs';
import { ensurePackages } from './packages.mjs';
import { main, Trouble } from './trouble.mjs';

const PORT = 9000;
const FLAGS = {
  port: { takes: 'N', about: `where it listens (${PORT})`, parse: wholeNumber(1, 65_535) },
  host: { takes: 'ADDRESS', about: 'the address that it listens on (all of this machine)' },
};

await main(async () => {
  const { help, port = PORT, host = '0.0.0.0' } = parseFlags(process.argv.slice(2), FLAGS);
  if (help) {
    console.log(
      `npm run peerserver brings the machines of one network together. It learns which of them meet, and nothing of what they say.\n\n${usage(FLAGS)}`,
    );
    return;
  }

  await ensurePackages();
  const { PeerServer } = await import('peer');
  await new Promise((resolve, reject) => {
    const server = PeerServer({ port, host, path: '/' }, resolve);
    server.on('error', (error) =>
      reject(
        new Trouble(`Port ${port} cannot be used (${error.message}). Choose another with --port.`, {
          cause: error,
        }),
      ),
    );
  });
  console.log('Enter one of these addresses under Hearth’s options, Machines, on every machine:\n');
  for (const address of host === '0.0.0.0' ? ownAddresses() : [host]) console.log(`  ${address}:${port}`);
  console.log('\nCtrl-C ends it. Machines that are linked by then stay linked.');
});

function ownAddresses() {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
}
