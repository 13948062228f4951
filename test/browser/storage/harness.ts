import { existsSync } from 'node:fs';
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core';
import { createServer, type ViteDevServer } from 'vite';
import type { Directory, WritableFile } from '../../../src/storage/directory.ts';
import type { Answer } from './page.ts';

const executablePath = [
  process.env.HEARTH_CHROMIUM,
  '/usr/lib/chromium/chromium',
  '/usr/bin/chromium',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
].find((path) => path && existsSync(path));

/** A page of a real browser whose worker runs the storage code on the browser's own disk. */
export class StoragePage {
  #devtools: CDPSession | undefined;

  private constructor(
    readonly page: Page,
    private readonly browser: Browser,
    private readonly vite: ViteDevServer,
  ) {}

  static async open(): Promise<StoragePage> {
    const vite = await createServer({
      configFile: false,
      root: new URL('../../..', import.meta.url).pathname,
      cacheDir: 'out/vite-storage',
      logLevel: 'error',
      server: { port: 0, hmr: false, watch: null },
      optimizeDeps: { include: ['hash-wasm', 'valibot'] },
    });
    await vite.listen();
    const browser = await chromium.launch({
      executablePath,
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    });
    const page = await browser.newPage();
    const opened = new StoragePage(page, browser, vite);
    await opened.reload();
    return opened;
  }

  /** A new worker on the same disk: what a crash of the old one leaves. */
  async reload(): Promise<void> {
    await this.page.goto(`${this.vite.resolvedUrls!.local[0]}test/browser/storage/index.html`);
    await this.page.waitForFunction(() => 'askStorage' in globalThis);
  }

  async ask<T>(name: string, ...args: unknown[]): Promise<T> {
    const answer = (await this.page.evaluate(([name, args]) => globalThis.askStorage(name, ...args), [
      name,
      args,
    ] as const)) as Answer;
    if ('value' in answer) return answer.value as T;
    throw Object.assign(new Error(answer.message), answer);
  }

  /** Bytes that the browser still lets this page write; `undefined` ends that. `estimate` does not show it. */
  async leaveRoom(bytes: number | undefined): Promise<void> {
    const { usage } = await this.page.evaluate(() => navigator.storage.estimate());
    // The restriction lasts as long as its session
    this.#devtools ??= await this.page.context().newCDPSession(this.page);
    await this.#devtools.send('Storage.overrideQuotaForOrigin', {
      origin: new URL(this.page.url()).origin,
      quotaSize: bytes === undefined ? undefined : usage! + bytes,
    });
  }

  /** A directory of that name in the worker, for the contract that all directories keep. */
  async directory(name: string): Promise<Directory> {
    await this.ask('openDirectory', name);
    return {
      list: () => this.ask('list'),
      remove: (file) => this.ask('remove', file),
      readJson: (file) => this.ask('readJson', file),
      writeJson: (file, value) => this.ask('writeJson', file, value),
      openForReading: async (file) => this.#file(await this.ask('openForReading', file)),
      openForWriting: async (file) => this.#file(await this.ask('openForWriting', file)),
    };
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.vite.close();
  }

  async #file(file: number): Promise<WritableFile> {
    let sizeBytes = await this.ask<number>('sizeBytes', file);
    const measured = async (call: Promise<unknown>) => {
      await call;
      sizeBytes = await this.ask('sizeBytes', file);
    };
    return {
      get sizeBytes() {
        return sizeBytes;
      },
      read: async (offset, length) => Uint8Array.from(await this.ask<number[]>('read', file, offset, length)),
      write: (offset, bytes) => measured(this.ask('write', file, offset, [...bytes])),
      truncate: (size) => measured(this.ask('truncate', file, size)),
      flush: () => this.ask('flush', file),
      close: () => void this.ask('close', file),
    };
  }
}
