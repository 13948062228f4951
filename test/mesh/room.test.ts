// What a room gives, in a room without faults: as fast as it says, checked at the price it says.
import { describe, expect, test } from 'vitest';
import { GREEDY } from '../../src/protocol/generate.ts';
import { soloAnswer } from './sim/fake-model.ts';
import { FixedRoom, MODEL, type RoomSizes } from './sim/fixed-room.ts';
import type { Answer } from './sim/machine.ts';

const ENDLESS = { ...MODEL, endId: -1 };
const prompt = (seed: number) => Array.from({ length: 16 }, (_, i) => (i * 11 + seed) % 40);

async function ask(sizes: RoomSizes, streams: number, maxTokens: number) {
  const room = await new FixedRoom({ model: ENDLESS, ...sizes }).start();
  const startedAt = room.world.now;
  const answers = Array.from({ length: streams }, (_, i) =>
    room.machines[0]!.ask({ prompt: prompt(i), maxTokens, sampling: GREEDY }),
  );
  await room.run(60_000);
  for (const [i, answer] of answers.entries())
    expect(answer.ids, room.trace.join('\n')).toEqual(soloAnswer(ENDLESS, prompt(i), maxTokens).ids);
  const endedAt = Math.max(...answers.map(({ endedAt }) => endedAt!));
  return { room, tokensPerMs: (streams * maxTokens) / (endedAt - startedAt), answers };
}

describe('three equal machines that hold a third of the model each', () => {
  const sizes = { held: [2, 2, 2], msPerLayer: [5, 5, 5], latencyMs: 0.5, slots: 6 };

  test('make more than twice as many tokens in six streams as in one', async () => {
    const one = await ask(sizes, 1, 40);
    const six = await ask(sizes, 6, 40);
    expect(one.room.trace.join('\n')).toContain('Split over 3 machines');
    expect(six.tokensPerMs / one.tokensPerMs).toBeGreaterThan(2.2);
  });

  test('read a long prompt while it is still being sent', async () => {
    // 12 chunks over 3 stages: 14 stage times instead of 36
    const long = Array.from({ length: 384 }, (_, i) => i % 40);
    const room = await new FixedRoom({ ...sizes, model: ENDLESS, contextLength: 512 }).start();
    const askedAt = room.world.now;
    const answer = room.machines[0]!.ask({ prompt: long, maxTokens: 1, sampling: GREEDY });
    await room.run(60_000);
    expect(answer.ids).toEqual(soloAnswer(ENDLESS, long, 1).ids);
    const chunkMs = 2 * (5 + 32 * 0.15);
    const oneByOneMs = 12 * 3 * chunkMs;
    expect(answer.endedAt! - askedAt).toBeLessThan(oneByOneMs / 1.8);
  });
});

test('what is predicted of a lap is what it takes, to within 15 %', async () => {
  const { room } = await ask({ held: [2, 2, 2], msPerLayer: [4, 9, 6], latencyMs: 3 }, 1, 60);
  const { entries } = room.machines[0]!.life!.node.log;
  const late = entries.slice(-40);
  expect(late).toHaveLength(40);
  for (const { predictedMs, measuredMs } of late)
    expect(Math.abs(predictedMs / measuredMs - 1)).toBeLessThan(0.15);
});

test('a model that fits one machine is not split, and the reason is given', async () => {
  const { room } = await ask({ held: [6, 6, 6], latencyMs: 2 }, 1, 10);
  expect(room.trace.join('\n')).toMatch(/Runs on this machine: [\d.]+ ms a token/);
  expect(room.frames).toBe(0);
});

test('a weak machine hands its whole request to a strong one', async () => {
  const { room } = await ask({ held: [6, 6], msPerLayer: [40, 2] }, 1, 10);
  expect(room.trace.join('\n')).toContain('Runs whole on B');
});

test('a machine that has nothing to do gets ready to take a stage over', async () => {
  const { room } = await ask({ held: [2, 3, 3, 3], latencyMs: 1 }, 1, 10);
  const [asker, ...others] = room.machines.map((machine) => machine.life!.node.host);
  const atWork = others.filter(({ coordinators }) => coordinators.length > 0);
  const spares = others.filter(
    ({ coordinators, standing }) => coordinators.length === 0 && standing.length > 0,
  );
  expect(asker!.standing).toHaveLength(1);
  expect(atWork).toHaveLength(2);
  expect(spares).toHaveLength(1);
  expect(atWork.map(({ standing }) => standing[0])).toContainEqual(spares[0]!.standing[0]);
});

describe('a room whose asker checks the others', () => {
  const sizes = { held: [2, 2, 2, 2], model: ENDLESS, contextLength: 512, latencyMs: 1 };

  async function lie(atToken: number) {
    const room = await new FixedRoom(sizes).start();
    const [asker, ...others] = room.machines;
    asker!.checks = true;
    const answer = asker!.ask({ prompt: prompt(0), maxTokens: 200, sampling: GREEDY });
    const right = soloAnswer(ENDLESS, prompt(0), 200).ids;
    let liar: (typeof others)[number] | undefined;
    while (!answer.outcome && asker!.bans.length === 0) {
      await room.run(1);
      if (answer.ids.length < atToken || liar) continue;
      liar = others.find((at) => at.life!.node.host.coordinators.length > 0)!;
      liar.isLying = true;
    }
    return { room, asker: asker!, answer, right, liar: liar! };
  }

  test.each([3, 10, 23, 31, 57])('finds one that lies from token %i on within 32 tokens', async (atToken) => {
    const { asker, answer, right, liar, room } = await lie(atToken);
    const told = room.trace.join('\n');
    expect(asker.bans, told).toEqual([
      { peer: liar.peer, why: 'what it computed is not what its layers give' },
    ]);
    // Before that it was told the truth; and not long after, it is again
    expect(answer.ids.slice(0, atToken)).toEqual(right.slice(0, atToken));
    expect(answer.ids.length - atToken).toBeLessThanOrEqual(32);
    await room.run(20_000);
    expect(answer.outcome).toEqual({ kind: 'done', reason: 'length' });
  });

  test('pays at most 3 % for it, and accuses nobody who is honest', async () => {
    const room = await new FixedRoom({ ...sizes, held: [2, 2, 2] }).start();
    const [asker] = room.machines;
    asker!.checks = true;
    const answer: Answer = asker!.ask({ prompt: prompt(1), maxTokens: 400, sampling: GREEDY });
    await room.run(60_000);
    expect(answer.ids).toEqual(soloAnswer(ENDLESS, prompt(1), 400).ids);
    expect(asker!.bans).toEqual([]);
    const sum = (stages: readonly { busyMs: number }[]) => stages.reduce((ms, { busyMs }) => ms + busyMs, 0);
    const checkMs = sum(asker!.references);
    const allMs = sum(room.machines.flatMap(({ stages }) => stages));
    expect(checkMs).toBeGreaterThan(0);
    expect(checkMs / allMs).toBeLessThan(0.03);
  });
});
