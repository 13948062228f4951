import type { MeshStatus } from '../../src/protocol/mesh-screen-calls.ts';
import type { PeerId } from '../../src/protocol/peer-id.ts';

const peer = (letter: string) => letter.repeat(43) as PeerId;

const none: MeshStatus = {
  room: undefined,
  self: { peer: peer('a'), name: 'Kitchen laptop', isSharing: false, worksFor: [], tokensPerSecond: 0 },
  server: { state: 'off', address: 'none', problem: undefined },
  machines: [],
  connecting: 0,
  bans: [],
  accounts: [],
  decisions: [],
};

/** What the mesh says, by scene. */
export const meshStatuses: Record<string, MeshStatus> = {
  none,
  room: {
    ...none,
    room: {
      code: 'K7Q2M-0V9TX-4HDNA-8WZ3P',
      link: 'chrome-extension://abcdefghijklmnopabcdefghijklmnop/src/popup/index.html#join=K7Q2M-0V9TX-4HDNA-8WZ3P',
    },
    self: { ...none.self, isSharing: true, worksFor: [peer('c')], tokensPerSecond: 18.4 },
    server: { state: 'open', address: '192.168.1.5:9000', problem: undefined },
    machines: [
      {
        peer: peer('b'),
        name: 'Study',
        gpu: 'NVIDIA GeForce RTX 4070',
        isSharing: true,
        load: 0.42,
        rttMs: 1.2,
        freeBytes: 6 * 2 ** 30,
        holds: ['llama-3.2-3b-instruct'],
        isLate: false,
        worksFor: [peer('a')],
        tokensPerSecond: 0,
        worksForUs: true,
        isServed: false,
        digits: '042917',
      },
      {
        peer: peer('c'),
        name: 'The old desktop in the attic',
        gpu: 'Intel Iris Xe Graphics',
        isSharing: false,
        load: 0,
        rttMs: 14.4,
        freeBytes: 0,
        holds: [],
        isLate: true,
        worksFor: [],
        tokensPerSecond: 6.2,
        worksForUs: false,
        isServed: true,
        digits: '771204',
      },
    ],
    accounts: [
      {
        peer: peer('b'),
        name: 'Study',
        given: { rowLayers: 1_200, gpuMs: 3_400, bytes: 2.1e6 },
        taken: { rowLayers: 480_000, gpuMs: 912_000, bytes: 1.3e9 },
      },
    ],
    bans: [{ peer: peer('d'), why: 'it sent more frames than can be handled' }],
  },
};
