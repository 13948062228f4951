// The room's screens over a fake mesh: what the user must agree to, and what they are told.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callsOf, type Screen, Screens } from '../screens/open-screens.ts';

let screens: Screens;
beforeAll(async () => {
  screens = await Screens.open();
});
afterAll(() => screens?.close());

async function popup(scene: string): Promise<Screen> {
  const page = await screens.page(`src/popup/index.html?scene=${scene}`, { width: 360, height: 600 });
  await page.getByRole('button', { name: /^Room/ }).click();
  return page;
}

const meshCalls = async (page: Screen) => (await callsOf(page)).filter(({ name }) => name !== 'meshWatch');

test('nobody enters a room before they have agreed to what it means', async () => {
  const page = await popup('idle');
  const create = page.getByRole('button', { name: 'Create a room' });
  await create.waitFor();
  expect(await create.isDisabled()).toBe(true);
  await page.getByLabel(/a machine which computes a part of a model for me could read the words/).check();
  await create.click();
  await page.getByText('Nobody else is here yet').waitFor();
  expect(await meshCalls(page)).toEqual([{ name: 'meshCreate', input: undefined }]);
  await page.close();
});

test('a code that is none says so, and what was typed stays', async () => {
  const page = await popup('idle');
  await page.getByLabel(/could read the words/).check();
  await page.getByLabel('Code, link or invitation').fill('ABC');
  await page.getByRole('button', { name: 'Join' }).click();
  await page.getByRole('alert').getByText('This is no code of a room').waitFor();
  expect(await page.getByLabel('Code, link or invitation').inputValue()).toBe('ABC');
  await page.close();
});

test('an invitation that is pasted gives a reply to carry back, as text and as a picture', async () => {
  const page = await popup('idle');
  await page.getByLabel(/could read the words/).check();
  await page.getByLabel('Code, link or invitation').fill('hearth:Ab0-');
  await page.getByRole('button', { name: 'Join' }).click();
  const reply = page.getByRole('region', { name: 'Reply' });
  expect(await reply.getByLabel('Reply', { exact: true }).inputValue()).toMatch(/^hearth:/);
  await reply.getByRole('img', { name: 'The reply as a QR code' }).waitFor();
  await reply.getByRole('button', { name: 'Done' }).click();
  await reply.waitFor({ state: 'detached' });
  await page.close();
});

test('an invitation goes out, its reply comes in, and the machine is there', async () => {
  const page = await screens.page('src/popup/index.html?scene=room#invite', { width: 600, height: 900 });
  await page.evaluate(() => fake.mesh.say({ machines: [] }));
  const connect = page.getByRole('button', { name: 'Connect' });
  await connect.waitFor();
  expect(await connect.isDisabled()).toBe(true);
  await page.getByLabel('Its reply').fill('hearth:Bb1_');
  await connect.click();
  await page.getByRole('listitem').filter({ hasText: 'Study' }).waitFor();
  expect((await meshCalls(page)).map(({ name }) => name)).toEqual(['meshInvite', 'meshAccept']);
  await page.close();
});

test('each machine is shown with what it has, how far off it is, and its digits', async () => {
  const page = await popup('room');
  const study = page.getByRole('listitem').filter({ hasText: 'Study' });
  const text = (await study.innerText()).replaceAll('\u00a0', ' ');
  for (const part of ['1.2 ms', 'RTX 4070', '42 % busy', 'shares 6.0 GB', 'holds 1 model', 'check 042 917'])
    expect(text).toContain(part);
  const attic = await page.getByRole('listitem').filter({ hasText: 'attic' }).innerText();
  for (const part of ['Late', 'served by this machine', 'its answers: 6.2']) expect(attic).toContain(part);
  // The room's, which counts each machine's own answers once
  await page.getByText('24.6 tokens/s').waitFor();
  await page.close();
});

test('options: sharing is off until it is turned on, and what is set is stored and told to the mesh', async () => {
  const page = await screens.page('options/index.html?scene=room#machines');
  const when = page.getByLabel('When');
  await when.waitFor();
  expect(await when.isDisabled()).toBe(true);
  await page.getByLabel('Compute for other machines of the room').check();
  await when.selectOption('idle');
  await page.getByLabel('Name').fill('Kitchen');
  await page.getByLabel('Name').press('Enter');
  await page.waitForFunction(() => fake.settings.mesh.name === 'Kitchen');
  expect(await page.evaluate(() => fake.settings.mesh.share)).toMatchObject({ isOn: true, when: 'idle' });
  expect((await callsOf(page)).some(({ name }) => name === 'meshConfigure')).toBe(true);
  await page.close();
});

test('options: "only on the local network" leaves no public server to choose', async () => {
  const page = await screens.page('options/index.html?scene=room#machines');
  const cloud = page.locator('option[value=cloud]');
  await cloud.waitFor({ state: 'attached' });
  expect(await cloud.isDisabled()).toBe(true);
  await page.getByLabel(/Only on the local network/).uncheck();
  await page.getByLabel('Server').selectOption('cloud');
  await page.getByLabel(/Only on the local network/).check();
  await page.waitForFunction(
    () => fake.settings.mesh.isLanOnly && fake.settings.mesh.signalling.kind === 'none',
  );
  await page.close();
});

test('options: who is banned is gone from the list, and can be pardoned', async () => {
  const page = await screens.page('options/index.html?scene=room#machines');
  await page.getByRole('button', { name: 'Ban Study' }).click();
  await page.getByText('its owner asked for it here').waitFor();
  expect(await page.getByRole('listitem').filter({ hasText: 'RTX 4070' }).count()).toBe(0);
  await page.getByRole('button', { name: /^Pardon bbbb/ }).click();
  await page.getByText('its owner asked for it here').waitFor({ state: 'detached' });
  await page.close();
});
