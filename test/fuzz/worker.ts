// One thread that runs inputs and keeps those that reach something new. What it is running lies in `current`, where
// the main thread finds it if this one does not come back.
import { parentPort, workerData } from 'node:worker_threads';
import { Coverage } from './coverage.ts';
import { find } from './find.ts';
import { mutateBytes } from './mutate-bytes.ts';
import { Random } from './random.ts';
import { TARGETS, type Target } from './targets.ts';

/** Inputs between two looks at the coverage, which costs more than most of them. */
const BATCH = 32;

export interface WorkerInput {
  target: string;
  seed: number;
  seconds: number;
  /** Length, then bytes. */
  current: SharedArrayBuffer;
}

export interface Summary {
  executions: number;
  corpus: number;
  blocks: number;
  findings: { why: string; base64: string }[];
}

const { target: name, seed, seconds, current } = workerData as WorkerInput;
const target = TARGETS.find((target) => target.name === name)!;
parentPort!.postMessage(await fuzz(target));

async function fuzz(target: Target): Promise<Summary> {
  const random = new Random(seed);
  const corpus = [...target.seeds];
  const findings = new Map<string, string>();
  const coverage = await Coverage.start(/fuzz-worker\.mjs$/);
  let executions = 0;

  const run = async (bytes: Uint8Array) => {
    show(bytes);
    executions++;
    const why = await find(target, bytes);
    // One of a kind is enough: the first lines of its stack tell the kind
    const kind = why?.split('\n').slice(0, 3).join('\n').replace(/\d+/g, '#');
    if (why && kind && !findings.has(kind)) findings.set(kind, Buffer.from(bytes).toString('base64'));
  };
  for (const seed of target.seeds) await run(seed);
  await coverage.take();

  const end = performance.now() + 1000 * seconds;
  while (performance.now() < end) {
    const batch: Uint8Array[] = [];
    for (let i = 0; i < BATCH; i++) batch.push(await mutated(target, random.of(corpus), random));
    await coverage.skip();
    for (const bytes of batch) await run(bytes);
    const fresh = await coverage.take();
    if (fresh.length === 0) continue;
    // Some of them reached something new: which, only running them one by one tells
    coverage.forget(fresh);
    for (const bytes of batch) {
      await run(bytes);
      if ((await coverage.take()).length > 0) corpus.push(bytes);
    }
  }
  return {
    executions,
    corpus: corpus.length,
    blocks: coverage.size,
    findings: [...findings].map(([why, base64]) => ({ why, base64 })),
  };
}

async function mutated(target: Target, bytes: Uint8Array, random: Random): Promise<Uint8Array> {
  const structured = random.below(2) === 0 ? await target.mutate?.(bytes, random, target.words) : undefined;
  return structured ?? mutateBytes(bytes, random, target.words);
}

function show(bytes: Uint8Array): void {
  new Uint32Array(current, 0, 1)[0] = bytes.length;
  new Uint8Array(current, 4).set(bytes.subarray(0, current.byteLength - 4));
}
