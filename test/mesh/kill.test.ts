// Whatever becomes of a machine, and at whatever frame of an answer: the answer goes on, with the same tokens.
import { describe, expect, test } from 'vitest';
import { GREEDY } from '../../src/protocol/generate.ts';
import { soloAnswer } from './sim/fake-model.ts';
import { FixedRoom, MODEL } from './sim/fixed-room.ts';
import type { SimMachine } from './sim/machine.ts';
import { CLEAR } from './sim/network.ts';

const TOKENS = 64;
/** One machine more than the model needs: each stage that is lost can be taken over. */
const ROOM = { held: [2, 3, 3, 3], model: { ...MODEL, endId: -1 } };
const PROMPT = Array.from({ length: 20 }, (_, i) => (i * 7) % 40);
const RIGHT = soloAnswer(ROOM.model, PROMPT, TOKENS).ids;

const ENDS: Record<string, (room: FixedRoom, victim: SimMachine) => void> = {
  'is killed': (_, victim) => victim.crash(),
  leaves: (_, victim) => victim.leave(),
  freezes: (_, victim) => victim.freeze(60_000),
  'is not heard any more': ({ network, machines }, victim) => {
    for (const { peer } of machines) network.setWeather(victim.peer, peer, { ...CLEAR, isCut: true });
  },
  'does not hear any more': ({ network, machines }, victim) => {
    for (const { peer } of machines) network.setWeather(peer, victim.peer, { ...CLEAR, isCut: true });
  },
  'becomes a hundred times slower': (_, victim) => {
    victim.slowness = 100;
  },
};

async function answerWith(killAt: number, end: (room: FixedRoom, victim: SimMachine) => void) {
  const room = await new FixedRoom(ROOM).start();
  const [asker] = room.machines;
  const answer = asker!.ask({ prompt: PROMPT, maxTokens: TOKENS, sampling: GREEDY });
  let isHarmed = false;
  room.beforeFrame = (frame) => {
    if (frame !== killAt) return;
    isHarmed = true;
    const victim = room.machines.find(
      (at) => at !== asker && at.life!.node.host.coordinators.includes(asker!.peer),
    )!;
    room.world.after(0, () => end(room, victim));
  };
  await room.run(20_000);
  return { room, answer, isHarmed };
}

describe.each(Object.keys(ENDS))('a machine that %s', (name) => {
  test('at any frame of an answer costs a pause, and no token', async () => {
    const { room } = await answerWith(-1, () => {});
    const frames = room.frames;
    expect(frames).toBeGreaterThan(TOKENS);
    let longestMs = 0;
    // Every frame by a stride that has no factor in common with the frames of a lap
    for (let frame = 0; frame < frames; frame += 7) {
      const { answer, isHarmed, room } = await answerWith(frame, ENDS[name]!);
      const told = `frame ${frame}\n${room.trace.join('\n')}`;
      expect(isHarmed, told).toBe(true);
      expect(answer.outcome, told).toEqual({ kind: 'done', reason: 'length' });
      expect(answer.ids, told).toEqual(RIGHT);
      longestMs = Math.max(longestMs, answer.longestPauseMs);
    }
    expect(longestMs).toBeLessThan(3_000);
  }, 60_000);
});

test('with nobody left, an answer ends with what has been said and why there is no more', async () => {
  const room = await new FixedRoom({ ...ROOM, held: [2, 3, 3] }).start();
  const [asker, ...others] = room.machines;
  const answer = asker!.ask({ prompt: PROMPT, maxTokens: TOKENS, sampling: GREEDY });
  room.beforeFrame = (frame) => {
    if (frame === 100) for (const other of others) room.world.after(0, () => other.crash());
  };
  await room.run(30_000);
  expect(answer.ids.length).toBeGreaterThan(10);
  expect(answer.ids).toEqual(RIGHT.slice(0, answer.ids.length));
  expect(answer.outcome).toMatchObject({ kind: 'failed', error: { code: 'gone' } });
  expect(String((answer.outcome as { error: unknown }).error)).toMatch(
    /needs .* MB .*The text so far is kept/,
  );
});
