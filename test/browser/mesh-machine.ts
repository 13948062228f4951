// A machine of a mesh: a browser of its own with the built extension, whose calls the tests make as screens do.
import type { MeshScreenCalls, MeshStatus } from '../../src/protocol/mesh-screen-calls.ts';
import type { Page } from 'playwright-core';
import { DEFAULT_SETTINGS, type MeshSettings, type Settings } from '../../src/protocol/settings.ts';
import { Harness, type LaunchOptions } from './harness.ts';

/** What the user agrees to before a room. */
export const AGREE = /could read the words/;

export class MeshMachine {
  private constructor(
    readonly harness: Harness,
    readonly name: string,
  ) {}

  static async launch(
    extension: string,
    name: string,
    mesh: Partial<MeshSettings> = {},
    { hasWebGpu = false, ...options }: LaunchOptions = {},
  ): Promise<MeshMachine> {
    const harness = await Harness.launch(extension, {}, { hasWebGpu, ...options });
    const machine = new MeshMachine(harness, name);
    await harness.call('background', 'wake');
    await harness.call('background', 'changeSettings', { mesh: { ...DEFAULT_SETTINGS.mesh, name, ...mesh } });
    return machine;
  }

  call<K extends keyof MeshScreenCalls>(
    name: K,
    input?: MeshScreenCalls[K]['input'],
  ): Promise<MeshScreenCalls[K]['output']> {
    return this.harness.call('mesh', name, input) as Promise<MeshScreenCalls[K]['output']>;
  }

  status(): Promise<MeshStatus> {
    return this.harness.call('mesh', 'meshWatch', undefined, 'part') as Promise<MeshStatus>;
  }

  /** The names of the machines that this one sees, once they are these. */
  async sees(...names: string[]): Promise<MeshStatus> {
    for (;;) {
      const status = await this.status();
      const seen = status.machines.map(({ name }) => name).sort();
      if (seen.join() === names.sort().join()) return status;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** The popup, on the room's side; `code` as a link brings it. */
  async popup(code = ''): Promise<Page> {
    const page = await this.tab(code ? `#join=${code}` : '');
    if (!code) await page.getByRole('button', { name: /^Room/ }).click();
    return page;
  }

  /** The popup's page in a tab, as the popup opens it. */
  async tab(hash: '' | '#scan' | '#invite' | `#join=${string}`): Promise<Page> {
    const page = await this.harness.context.newPage();
    await page.goto(`chrome-extension://${this.harness.extensionId}/src/popup/index.html${hash}`);
    return page;
  }

  async createByPopup(): Promise<Page> {
    const page = await this.popup();
    await page.getByLabel(AGREE).check();
    await page.getByRole('button', { name: 'Create a room' }).click();
    await page.getByRole('button', { name: 'Show code' }).waitFor();
    return page;
  }

  async joinByPopup(code: string): Promise<Page> {
    const page = await this.popup();
    await page.getByLabel(AGREE).check();
    await page.getByLabel('Code, link or invitation').fill(code);
    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByRole('button', { name: 'Show code' }).waitFor();
    return page;
  }

  async change(mesh: Partial<MeshSettings>): Promise<void> {
    const { mesh: before } = (await this.harness.call('background', 'settings')) as Settings;
    await this.harness.call('background', 'changeSettings', { mesh: { ...before, ...mesh } });
    await this.call('meshConfigure');
  }

  /** The browser dies between two lines: nobody is told. */
  async kill(): Promise<void> {
    const cdp = await this.harness.context.browser()!.newBrowserCDPSession();
    const dead = new Promise((resolve) => this.harness.context.once('close', resolve));
    cdp.send('Browser.crash').catch(() => {});
    await dead;
  }

  /** All of its processes stand still, as on a laptop that sleeps; the function returned lets them go on. */
  async freeze(): Promise<() => void> {
    const pids = await this.#processes();
    for (const { id } of pids) process.kill(id, 'SIGSTOP');
    return () => {
      for (const { id } of pids) process.kill(id, 'SIGCONT');
    };
  }

  /** What runs the extension's pages dies, and the browser lives on. */
  async killRenderers(): Promise<void> {
    for (const { id, type } of await this.#processes()) if (type === 'renderer') process.kill(id, 'SIGKILL');
  }

  async #processes(): Promise<{ id: number; type: string }[]> {
    const cdp = await this.harness.context.browser()!.newBrowserCDPSession();
    const { processInfo } = await cdp.send('SystemInfo.getProcessInfo');
    await cdp.detach();
    return processInfo;
  }

  /** As a restart of the browser: nothing of the document and its worker is left but what was stored. */
  async restart(): Promise<void> {
    const screen = await this.harness.screen();
    await screen.evaluate(() => chrome.offscreen.closeDocument());
    await this.harness.call('background', 'wake');
  }

  close(): Promise<void> {
    return this.harness.close();
  }
}
