// Machines that have nothing of a model compute it with the one that has it: each fetches the bytes of its own layers.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allowedPage, ANSWER, askRoom, cap, otherModel, SMALL_CAP } from '../browser/room-answer.ts';
import { joinAll, threeMachines } from '../browser/three-machines.ts';

let room: Awaited<ReturnType<typeof threeMachines>>;
beforeAll(async () => {
  room = await threeMachines();
});
afterAll(() => room?.close());

test('two browsers that hold nothing of a model answer with the one that does', async () => {
  const { machines } = room;
  const [first] = machines;
  const model = await first.harness.importFile('other.gguf', await otherModel());
  for (const machine of machines) await cap(machine, SMALL_CAP, machine === first ? model : undefined);
  await joinAll(machines);

  const answer = await askRoom(await allowedPage(first), undefined, model);
  const { machines: seen, decisions } = await first.status();
  expect(answer.text, JSON.stringify(decisions)).toBe(ANSWER);
  const { stages } = answer.usage.hearth;
  expect([stages[0]?.first, stages.at(-1)?.end]).toEqual([0, 7]);
  // The bundled model is everywhere, and of this one each helper now has some
  const holding = seen.filter(({ worksForUs }) => worksForUs);
  expect(holding.length).toBeGreaterThan(0);
  for (const { name, holds } of holding) expect(holds.length, name).toBeGreaterThan(1);
});
