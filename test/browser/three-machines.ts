// Three browsers that share all they have, beside a PeerServer of their own.
import { resolve } from 'node:path';
import { expect } from 'vitest';
import { buildExtension, DIST } from '../../src/build/extension.mjs';
import { root } from '../../src/build/run.mjs';
import { MeshMachine } from './mesh-machine.ts';
import { startPeerServer } from './peer-server.ts';

const SHARE = { isOn: true, gpuPercent: 100, memoryBytes: 2 ** 30, when: 'always' } as const;
const NAMES = ['m0', 'm1', 'm2'];

export async function threeMachines() {
  await buildExtension();
  const server = await startPeerServer();
  const signalling = { kind: 'server', address: `127.0.0.1:${server.port}` } as const;
  const machines: MeshMachine[] = [];
  for (const name of NAMES)
    machines.push(
      await MeshMachine.launch(resolve(root, DIST), name, { signalling, share: SHARE }, { hasWebGpu: true }),
    );
  return {
    machines: machines as [MeshMachine, MeshMachine, MeshMachine],
    async close() {
      await Promise.allSettled(machines.map((machine) => machine.close()));
      await server.close();
    },
  };
}

/** By their popups; resolves when the first may ask the others. */
export async function joinAll([first, ...others]: readonly [MeshMachine, ...MeshMachine[]]): Promise<void> {
  await first.createByPopup();
  const { room } = await first.status();
  for (const other of others) await other.joinByPopup(room!.code);
  await first.sees(...others.map(({ name }) => name));
  // Each shares with another once it has given it a grant
  const sharing = async () => (await first.status()).machines.filter(({ isSharing }) => isSharing).length;
  await expect.poll(sharing, { timeout: 20_000 }).toBe(others.length);
}
