import { readModelFile } from '../../engine/model-file.ts';
import { median } from '../../engine/gpu/median.ts';
import { GREEDY } from '../../protocol/generate.ts';
import { openFile } from '../file-source.ts';
import { Flags } from '../flags.ts';
import { enterRoom, leaveRoom, ROOM_FLAGS } from '../room-machine.ts';

const LOOK_MS = 200;

/**
 * Asks `--model` of the room once `--peers` machines share something with this one: prefill of `--pp` random tokens and
 * decode of `--tg` more, `--repeat` times, for each number of answers at once in `--concurrency`. It shares nothing, and
 * what `--memory-mb` it has decides whether it computes anything itself. `pauseMs` is the longest wait between two tokens:
 * kill a peer meanwhile to see what that costs. As the scheduler runs them for pages.
 */
export async function roomBench(args: string[]) {
  const flags = new Flags(args, [...ROOM_FLAGS, 'peers', 'pp', 'tg', 'concurrency', 'repeat']);
  const path = flags.required('model');
  const peers = flags.integer('peers', 1, { min: 1, max: 31 });
  const pp = flags.integer('pp', 512, { min: 1 });
  const tg = flags.integer('tg', 64, { min: 2 });
  const repeat = flags.integer('repeat', 3, { min: 1, max: 100 });
  const machine = await enterRoom(flags, false, () => {});
  const { engine, stay, decisions } = machine;
  const source = await openFile(path);
  const { vocab } = (await readModelFile(source)).config;
  await source.close?.();
  while (stay.machines.filter(({ isSharing }) => isSharing).length < peers)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));

  const answer = async (i: number) => {
    const ids = Array.from({ length: pp }, (_, at) => (at * 7919 + i * 104_729 + 3) % vocab);
    const at: number[] = [];
    const output = await engine.generate(
      {
        model: path,
        prompt: { kind: 'ids', ids },
        maxTokens: tg,
        // Greedily, random weights repeat themselves, and drafts would look better than they are
        sampling: { ...GREEDY, temperature: 1, seed: i },
        stop: [],
        origin: `bench ${i}`,
        lane: 'interactive',
        isPrivate: true,
        mayLeave: true,
      },
      async (part) => void at.push(...part.ids.map(() => performance.now())),
      new AbortController().signal,
    );
    return { at, output };
  };
  const results: object[] = [];
  for (const concurrency of (flags.string('concurrency') ?? '1').split(',').map(Number)) {
    const runs = [];
    // The first brings the stages
    for (let run = 0; run <= (results.length === 0 ? repeat : repeat - 1); run++) {
      process.stderr.write(`run ${run + 1} of ${concurrency} at once\n`);
      const startedAt = performance.now();
      const answers = await Promise.all(Array.from({ length: concurrency }, (_, i) => answer(100 * run + i)));
      const firstAt = Math.max(...answers.map(({ at }) => at[0]!));
      const endedAt = Math.max(...answers.map(({ at }) => at.at(-1)!));
      const pauses = answers.flatMap(({ at }) => at.slice(1).map((ms, i) => ms - at[i]!));
      runs.push({
        prefillMs: firstAt - startedAt,
        tokensPerSecond:
          (1000 * answers.reduce((sum, { at }) => sum + at.length - 1, 0)) / (endedAt - firstAt),
        pauseMs: Math.max(...pauses),
        stages: answers[0]!.output.stages?.map(({ machine, first, end }) => `${machine} ${first}-${end}`),
      });
    }
    const counted = results.length === 0 ? runs.slice(1) : runs;
    results.push({
      concurrency,
      prefillTokensPerSecond: Math.round(
        median(counted.map(({ prefillMs }) => (1000 * concurrency * pp) / prefillMs)),
      ),
      tokensPerSecond: Math.round(10 * median(counted.map(({ tokensPerSecond }) => tokensPerSecond))) / 10,
      pauseMs: Math.round(Math.max(...counted.map(({ pauseMs }) => pauseMs))),
      stages: runs.at(-1)!.stages,
      laps: decisions.at(-1)?.laps,
    });
  }
  leaveRoom(machine);
  return { peers, pp, tg, repeat, results, decisions: [...new Set(decisions.map(({ why }) => why))] };
}
