// A real browser with the built extension, pages to run it in, and the user who answers its questions.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, type CDPSession, chromium, type Page } from 'playwright-core';
import type { Answer } from '../../src/protocol/screen-calls.ts';
import { findChromium } from '../../src/build/chromium.mjs';

export const ROOT = join(import.meta.dirname, '../..');

/** What the local server sends for a path; every host name leads to it. */
export interface PageFile {
  body?: string;
  headers?: Record<string, string>;
}

export interface Harness {
  context: BrowserContext;
  extensionId: string;
  /** A page of one of the sites, e.g. `open('http://a.test/')`. Ports are added. */
  open(url: string): Promise<Page>;
  url(url: string): string;
  /** Answers the next question by its button. Waits for the window. */
  answer(button: 'Allow once' | 'Allow' | 'Block'): Promise<void>;
  /** Prompt windows that are open now. */
  prompts(): Page[];
  /** A page of the extension itself, to call contracts from. */
  screen(): Promise<Page>;
  /** Ends the service worker the way the browser does after 30 idle seconds. */
  stopServiceWorker(): Promise<void>;
  /** Forgets all decisions, as a new installation. */
  forgetSites(): Promise<void>;
  close(): Promise<void>;
}

export async function launch(extension: string, files: Record<string, PageFile> = {}): Promise<Harness> {
  if (!existsSync(join(extension, 'manifest.json')))
    throw new Error(`There is no built extension in ${extension}: build it first.`);

  const server = await serveFiles(files);
  const { port } = server.address() as AddressInfo;
  const profile = mkdtempSync(join(tmpdir(), 'hearth-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: findChromium(),
    headless: true,
    args: [
      '--headless=new',
      '--enable-unsafe-webgpu',
      `--load-extension=${extension}`,
      // Sites with names of their own: only those are origins as on the web, and http ones are not "secure contexts"
      '--host-resolver-rules=MAP *.test 127.0.0.1',
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ],
    ignoreDefaultArgs: ['--disable-extensions'],
  });
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'));
  const extensionId = new URL(worker.url()).host;
  const extensionUrl = (path: string) => `chrome-extension://${extensionId}/${path}`;
  const isPrompt = (page: Page) => page.url().startsWith(extensionUrl('src/prompt/'));
  const url = (address: string) => {
    const full = new URL(address);
    full.port = String(port);
    return full.href;
  };

  let screen: Page | undefined;
  let cdp: CDPSession | undefined;
  const harness: Harness = {
    context,
    extensionId,
    url,
    async open(address) {
      const page = await context.newPage();
      await page.goto(url(address));
      return page;
    },
    prompts: () => context.pages().filter(isPrompt),
    async answer(button) {
      const prompt =
        harness.prompts()[0] ?? (await context.waitForEvent('page', { predicate: (page) => page.waitForURL(/src\/prompt\//).then(() => true) }));
      const closed = prompt.waitForEvent('close');
      await prompt.getByRole('button', { name: button, exact: true }).click();
      await closed;
    },
    async screen() {
      if (!screen) {
        screen = await context.newPage();
        await screen.goto(extensionUrl('src/bridge/index.html'));
      }
      return screen;
    },
    async stopServiceWorker() {
      cdp ??= await context.newCDPSession(await harness.screen());
      await cdp.send('ServiceWorker.enable');
      await cdp.send('ServiceWorker.stopAllWorkers');
    },
    async forgetSites() {
      await (await harness.screen()).evaluate(() => chrome.storage.local.clear());
    },
    async close() {
      await context.close();
      server.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  return harness;
}

function serveFiles(files: Record<string, PageFile>): Promise<Server> {
  const server = createServer((request, response) => {
    const file = files[new URL(request.url ?? '/', 'http://any').pathname];
    response.writeHead(file ? 200 : 404, { 'content-type': 'text/html; charset=utf-8', ...file?.headers });
    response.end(file?.body ?? '<!doctype html><title>page</title>');
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

export type { Answer };
