import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findChromium } from '../../src/build/chromium.mjs';

export interface Weather {
  /** One way, milliseconds. */
  delayMs: number;
  jitterMs: number;
  lossPercent: number;
  /** Each sender's rate; 0 for as fast as this machine goes. */
  mbit: number;
}

/** Networks by the names that commands take. */
export const WEATHERS = {
  /** A cable: nothing is emulated. */
  cable: undefined,
  lan: { delayMs: 0.2, jitterMs: 0.1, lossPercent: 0, mbit: 1_000 },
  wifi: { delayMs: 2.5, jitterMs: 1, lossPercent: 0, mbit: 400 },
  lossy: { delayMs: 2.5, jitterMs: 0, lossPercent: 1, mbit: 400 },
} satisfies Record<string, Weather | undefined>;

/** Namespaces of this machine, each a machine of its own to those in it. */
export interface Network {
  /** Of the namespaces. */
  names: string[];
  /** For each namespace a program that runs Chromium in it. */
  chromiums: string[];
  addresses: string[];
  /** The nth machine gets another address, as by another router. */
  move(n: number): void;
  /** What one sends the other is lost from now on, and nothing on the way back; only where a weather is emulated. */
  cut(from: number, to: number): void;
  heal(): void;
  close(): Promise<void>;
}

/** Why no network can be made here, if none can. */
export function missingForNetworks(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'namespaces need Linux and root';
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
    execFileSync('ip', ['netns', 'list'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'there is no /dev/net/tun, or no `ip`';
  }
}

export async function openNetwork(size: number, weather: Weather | undefined): Promise<Network> {
  const names = Array.from({ length: size }, (_, i) => `hearth${process.pid % 10_000}n${i + 1}`);
  const { end, say } = weather ? await emulate(names, weather) : { end: cable(names), say: cannotCut };
  const folder = mkdtempSync(join(tmpdir(), 'hearth-net-'));
  const chromiums = names.map((name) => {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\nexec ip netns exec ${name} ${findChromium()} "$@" 2>/dev/null\n`, {
      mode: 0o755,
    });
    return path;
  });
  return {
    names,
    chromiums,
    addresses: names.map((_, i) => `10.78.0.${i + 1}`),
    move(n) {
      const device = weather ? `${names[n]!.slice(0, 12)}t` : `v${n + 1}`;
      ip('-n', names[n]!, 'addr', 'del', `10.78.0.${n + 1}/24`, 'dev', device);
      ip('-n', names[n]!, 'addr', 'add', `10.78.0.${n + 101}/24`, 'dev', device);
      // Routes of the old address go with it
      ip('-n', names[n]!, 'route', 'replace', 'default', 'dev', device);
    },
    cut: (from, to) => say(`cut ${from + 1} ${to + 1}\n`),
    heal: () => say('heal\n'),
    async close() {
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

function cannotCut(): never {
  throw new Error('A cable is not cut one way: ask for a network that is emulated.');
}

async function emulate(
  names: string[],
  weather: Weather,
): Promise<{ end(): Promise<void>; say(line: string): void }> {
  const { delayMs, jitterMs, lossPercent, mbit } = weather;
  const script = join(import.meta.dirname, 'emulate.py');
  const args = [names.join(','), delayMs, jitterMs, lossPercent, mbit].map(String);
  const child: ChildProcess = spawn('python3', [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  await Promise.race([
    new Promise((resolve) => child.stdout!.once('data', resolve)),
    ended.then(() => {
      throw new Error('The network could not be emulated; what its program said is above.');
    }),
  ]);
  return {
    async end() {
      child.stdin!.end();
      await ended;
    },
    say: (line) => void child.stdin!.write(line),
  };
}

/** Two namespaces and a pair of virtual cards: the kernel carries the packets. */
function cable(names: string[]): () => Promise<void> {
  const [a, b] = names;
  if (!a || !b || names.length > 2) throw new Error('A cable has two ends.');
  for (const name of names) ip('netns', 'add', name);
  ip('link', 'add', 'v1', 'netns', a, 'type', 'veth', 'peer', 'name', 'v2', 'netns', b);
  for (const [i, name] of names.entries()) {
    ip('-n', name, 'link', 'set', 'lo', 'up');
    ip('-n', name, 'addr', 'add', `10.78.0.${i + 1}/24`, 'dev', `v${i + 1}`);
    ip('-n', name, 'link', 'set', `v${i + 1}`, 'up');
    ip('-n', name, 'route', 'add', 'default', 'dev', `v${i + 1}`);
  }
  return async () => {
    for (const name of names) ip('netns', 'del', name);
  };
}
