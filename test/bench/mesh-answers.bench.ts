// Machines that can hold no model alone answer together, through the death of one.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allowedPage, ANSWER, askRoom, cap, SMALL_CAP } from '../browser/room-answer.ts';
import { joinAll, threeMachines } from '../browser/three-machines.ts';

let room: Awaited<ReturnType<typeof threeMachines>>;
beforeAll(async () => {
  room = await threeMachines();
});
afterAll(() => room?.close());

test('three browsers joined by their popups give the golden answer together, and two of them after one has died', async () => {
  const { machines } = room;
  const [first] = machines;
  for (const machine of machines) await cap(machine, SMALL_CAP);
  await joinAll(machines);

  const page = await allowedPage(first);
  expect(await page.evaluate(() => hearth!.mesh.status())).toMatchObject({ machines: 3, mayUse: true });
  const whole = await askRoom(page);
  expect(whole.text).toBe(ANSWER);
  const { stages } = whole.usage.hearth;
  expect(stages.length).toBeGreaterThan(1);
  expect([stages[0]!.first, stages.at(-1)!.end]).toEqual([0, 7]);

  // What was computed for this machine, both have signed
  const taken = async () => {
    const { accounts } = await first.status();
    return accounts.reduce((sum, account) => sum + account.taken.rowLayers, 0);
  };
  await expect.poll(taken, { timeout: 15_000 }).toBeGreaterThan(whole.usage.completion_tokens);

  const helper = (await first.status()).machines.find(({ worksForUs }) => worksForUs)!;
  const victim = machines.find(({ name }) => name === helper.name)!;
  const interrupted = await askRoom(page, (pieces) => void (pieces === 3 && victim.kill()));
  expect(interrupted.text).toBe(ANSWER);
  await first.sees(...machines.map(({ name }) => name).filter((name) => ![victim.name, 'm0'].includes(name)));
});
