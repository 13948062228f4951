// No server, no text: each machine shows a QR code and reads one, by a camera here and from a picture there.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Camera } from './camera.ts';
import { fakeEngineBuild } from './harness.ts';
import { AGREE, MeshMachine } from './mesh-machine.ts';

const camera = new Camera();
let host: MeshMachine;
let guest: MeshMachine;

beforeAll(async () => {
  const extension = await fakeEngineBuild();
  host = await MeshMachine.launch(extension, 'host');
  guest = await MeshMachine.launch(extension, 'guest', {}, { flags: camera.flags });
});
afterAll(async () => {
  await Promise.all([host?.close(), guest?.close()]);
  camera.close();
});

test('a picture without a code, and a file that is no picture, are told as what they are', async () => {
  const page = await guest.tab('#scan');
  const choose = page.locator('input[type=file]');
  await choose.setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: Buffer.from('no picture') });
  await page.getByRole('alert').getByText('no picture that the browser can show').waitFor();
  await choose.setInputFiles({ name: 'b.png', mimeType: 'image/png', buffer: await page.screenshot() });
  await page.getByRole('alert').getByText('no QR code on this picture').waitFor();
  await page.close();
});

test('two machines meet by the codes on their screens alone', async () => {
  await host.call('meshCreate');
  // As the popup opens it, which would close under the question for the camera
  const popup = await host.popup();
  const opened = host.harness.context.waitForEvent('page');
  await popup.getByRole('button', { name: 'Invite' }).click();
  const inviting = await opened;
  const invitation = await inviting.getByRole('img', { name: 'The invitation as a QR code' }).screenshot();
  await camera.show(invitation, inviting);

  const scanning = await guest.tab('#scan');
  await scanning.getByLabel(AGREE).check();
  await scanning.getByRole('button', { name: 'Scan with the camera' }).click();
  const reply = scanning.getByRole('img', { name: 'The reply as a QR code' });
  await reply.waitFor();
  // The camera is off as soon as it has read
  expect(await scanning.locator('video').count()).toBe(0);

  const picture = (await reply.screenshot()).toString('base64');
  await inviting.evaluate((base64) => {
    const clipboardData = new DataTransfer();
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    clipboardData.items.add(new File([bytes], 'reply.png', { type: 'image/png' }));
    document.dispatchEvent(new ClipboardEvent('paste', { clipboardData }));
  }, picture);
  await inviting.getByText('2 machines in this room').waitFor();
  await host.sees('guest');
  await guest.sees('host');
});

test('without consent a scanned code only fills the field', async () => {
  await guest.call('meshLeave');
  const page = await guest.tab('#scan');
  await page.getByRole('button', { name: 'Scan with the camera' }).click();
  await page.waitForFunction(() => document.querySelector('textarea')?.value.startsWith('hearth:'));
  expect((await guest.status()).room).toBeUndefined();
  expect(await page.getByRole('button', { name: 'Join' }).isEnabled()).toBe(false);
  await page.close();
});
