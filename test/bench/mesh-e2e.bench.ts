// Browsers with the built extension, in namespaces if a network is asked for, join a room through their popups and a
// PeerServer in the first one's network. Prints how long joining took, what the links measure, and how soon a machine
// that restarts, or moves to another address, is seen again.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, test } from 'vitest';
import { buildExtension, DIST } from '../../src/build/extension.mjs';
import { MeshMachine } from '../browser/mesh-machine.ts';
import { allowedPage, ANSWER, askRoom, cap, type RoomAnswer, SMALL_CAP } from '../browser/room-answer.ts';
import { type Network, openNetwork, WEATHERS } from '../mesh-net/network.ts';

const PEERS = Number(process.env.HEARTH_PEERS ?? 2);
const NET = process.env.HEARTH_NET ?? 'here';
const PORT = 9_400;
/** Longer than a browser takes to give a silent connection up. */
const MOVE_WATCH_MS = 25_000;
const BACK_WITHIN_MS = 40_000;
const SHARE = { isOn: true, gpuPercent: 100, memoryBytes: 2 ** 30, when: 'always' } as const;
const OUT = 'out/bench/mesh-e2e.json';

let network: Network | undefined;
const machines: MeshMachine[] = [];
const ending: (() => void)[] = [];

beforeAll(async () => {
  await buildExtension();
  if (NET !== 'here') network = await openNetwork(PEERS, WEATHERS[NET as keyof typeof WEATHERS]);
  const address = network?.addresses[0] ?? '127.0.0.1';
  await servePeers(address);
  for (let i = 0; i < PEERS; i++) {
    const signalling = { kind: 'server', address: `${address}:${PORT}` } as const;
    const options = { chromium: network?.chromiums[i], hasWebGpu: true };
    machines.push(await MeshMachine.launch(DIST, `m${i}`, { signalling, share: SHARE }, options));
  }
});
afterAll(async () => {
  await Promise.all(machines.map((machine) => machine.close()));
  for (const end of ending) end();
  await network?.close();
});

test(`${PEERS} browsers join by their popups over "${NET}"`, async () => {
  const names = machines.map(({ name }) => name);
  const othersOf = (name: string) => names.filter((other) => other !== name);
  const [first, ...others] = machines as [MeshMachine, ...MeshMachine[]];

  const start = performance.now();
  await first.createByPopup();
  const { room } = await first.status();
  for (const machine of others) await machine.joinByPopup(room!.code);
  for (const machine of machines) await machine.sees(...othersOf(machine.name));
  const joinedMs = performance.now() - start;

  // Some beats, so that round trips are measured
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const links = [];
  for (const machine of machines)
    for (const { name, rttMs } of (await machine.status()).machines)
      links.push({ from: machine.name, to: name, rttMs });

  const restart = performance.now();
  await machines.at(-1)!.restart();
  await machines.at(-1)!.sees(...othersOf(names.at(-1)!));
  const backMs = performance.now() - restart;

  let movedMs: number | undefined;
  if (network) {
    network.move(PEERS - 1);
    movedMs = await lastMissing(MOVE_WATCH_MS, async () => {
      const views = await Promise.all(machines.map((machine) => machine.status()));
      return views.some((view) => view.machines.length < PEERS - 1);
    });
  }

  const answers = await answerTogether(first);

  const result = {
    peers: PEERS,
    net: NET,
    joinedMs: Math.round(joinedMs),
    backMs: Math.round(backMs),
    movedMs,
    links,
    ...answers,
  };
  mkdirSync('out/bench', { recursive: true });
  writeFileSync(OUT, JSON.stringify(result, null, 2));
  console.log(JSON.stringify(result));
});

/** When within the next `forMs` it was last so that somebody was missing. */
async function lastMissing(forMs: number, isMissing: () => Promise<boolean>): Promise<number> {
  const start = performance.now();
  let last = 0;
  for (let now = 0; now < forMs; now = performance.now() - start) if (await isMissing()) last = now;
  return Math.round(last);
}

/** The bundled model under a cap that no machine alone keeps, asked cold, warm, and while one that helps comes to harm. */
async function answerTogether(first: MeshMachine) {
  for (const machine of machines) await cap(machine, SMALL_CAP);
  // Whatever the PeerServer says of a page that it has not is a page
  const page = await allowedPage(first, network && `http://${network.addresses[0]}:${PORT}/page`);
  const [cold, warm] = [await askRoom(page), await askRoom(page)];
  const figures = { cold: figuresOf(cold), warm: figuresOf(warm), stages: warm.usage.hearth.stages };
  if (PEERS < 3) return figures;
  const harmed: Record<string, unknown> = {};
  for (const [name, harm] of Object.entries(HARMS)) {
    const left = (await first.status()).machines.length;
    // Somebody has to be left who can take over
    if (left < 2 || (name === 'one way' && NET !== 'wifi' && NET !== 'lossy' && NET !== 'lan')) continue;
    const helper = (await first.status()).machines.find(({ worksForUs }) => worksForUs)!;
    const victim = machines.findIndex((machine) => machine.name === helper.name);
    let mend: (() => void) | undefined;
    const answer = await askRoom(page, (pieces) => {
      if (pieces === 3) void harm(victim).then((undo) => (mend = undo));
    });
    mend?.();
    const backMs = mend && (await untilThere(first, left));
    harmed[name] = { ...figuresOf(answer), stages: answer.usage.hearth.stages, backMs };
    await askRoom(page);
  }
  return { ...figures, harmed, laps: (await first.status()).decisions.map(({ laps }) => laps) };
}

/** What becomes of a machine that computes for the first; some of it can be undone. */
const HARMS: Record<string, (victim: number) => Promise<(() => void) | undefined>> = {
  'stands still': (victim) => machines[victim]!.freeze(),
  'one way': async (victim) => {
    network!.cut(victim, 0);
    return () => network!.heal();
  },
  'its pages die': async (victim) => {
    await machines[victim]!.killRenderers();
    return undefined;
  },
  'its browser dies': async (victim) => {
    await machines[victim]!.kill();
    return undefined;
  },
};

/** How long until so many machines are seen again; nothing if they are not for a long while. */
async function untilThere(first: MeshMachine, count: number): Promise<number | undefined> {
  const start = performance.now();
  for (let now = 0; now < BACK_WITHIN_MS; now = performance.now() - start)
    if ((await first.status()).machines.length === count) return Math.round(now);
  return undefined;
}

/** Milliseconds; the longest pause is where a machine was lost, if one was. */
function figuresOf({ text, at, usage }: RoomAnswer) {
  const pauses = at.slice(1).map((ms, i) => ms - at[i]!);
  const seconds = (at.at(-1)! - at[0]!) / 1000;
  return {
    isGolden: text === ANSWER,
    firstTokenMs: Math.round(at[0]!),
    tokensPerSecond: Math.round(((usage.completion_tokens - 1) / seconds) * 10) / 10,
    longestPauseMs: Math.round(Math.max(...pauses)),
  };
}

/** In the first machine's network, as a household would have it. */
async function servePeers(address: string): Promise<void> {
  const script = ['src/build/peerserver.mjs', '--port', String(PORT), '--host', address];
  const [program, ...args] = network
    ? ['ip', 'netns', 'exec', network.names[0]!, process.execPath, ...script]
    : [process.execPath, ...script];
  const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  ending.push(() => child.kill());
  await new Promise((resolve, reject) => {
    child.stdout.once('data', resolve);
    child.on('close', () => reject(new Error('The PeerServer did not start.')));
  });
}
