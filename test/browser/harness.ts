// A real browser with the built extension, sites to open in it, and a user who answers its questions.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { type BrowserContext, type CDPSession, chromium, type Page } from 'playwright-core';
import { findChromium } from '../../src/build/chromium.mjs';
import { chromiumFlags } from '../../src/build/chromium-flags.mjs';
import { root, run, tool } from '../../src/build/run.mjs';
import { buildIfStale } from '../../src/build/sources.mjs';
import type { EngineStatus } from '../../src/protocol/engine-calls.ts';

/** What the local server sends for a path, whatever the host's name. */
export interface PageFile {
  body?: string;
  headers?: Record<string, string>;
}

/** The extension with `test/fakes/engine.ts` in place of the engine; built if it is not up to date. */
export async function fakeEngineBuild(): Promise<string> {
  const output = 'out/fake-engine';
  const sources = ['manifest.json', 'src', 'kernels', 'models/catalog', 'options', 'test/fakes'];
  await buildIfStale({ output, sources }, () =>
    run(tool('vite'), ['build', '-c', 'src/build/vite.config.ts', '--mode', 'fake-engine'], {
      output: 'kept',
    }),
  );
  return resolve(root, output);
}

export interface LaunchOptions {
  hasWebGpu?: boolean;
  /** A browser's binary, or what runs it elsewhere. */
  chromium?: string;
  /** Further ones of the browser's, such as a camera's. */
  flags?: string[];
}

const POLL_MS = 20;

export class Harness {
  readonly profile: string;
  readonly #server: Server;
  #screen: Page | undefined;
  #cdp: CDPSession | undefined;

  private constructor(
    readonly context: BrowserContext,
    readonly extensionId: string,
    server: Server,
    profile: string,
  ) {
    this.#server = server;
    this.profile = profile;
  }

  static async launch(
    extension: string,
    files: Record<string, PageFile> = {},
    { hasWebGpu = true, chromium: executablePath = findChromium(), flags: further = [] }: LaunchOptions = {},
  ): Promise<Harness> {
    const server = await serveFiles(files);
    const flags = chromiumFlags(extension, { headless: true, hasGpu: false });
    const profile = mkdtempSync(join(tmpdir(), 'hearth-browser-'));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath,
      headless: true,
      args: [
        '--headless=new',
        ...further,
        ...flags.filter((flag) => hasWebGpu || flag !== '--enable-unsafe-webgpu'),
        // Sites with names of their own. Unlike localhost they are not "secure contexts", as http is not on the web
        '--host-resolver-rules=MAP *.test 127.0.0.1',
      ],
      ignoreDefaultArgs: ['--disable-extensions', '--disable-back-forward-cache'],
    });
    const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'));
    return new Harness(context, new URL(worker.url()).host, server, profile);
  }

  async close(): Promise<void> {
    await this.context.close();
    this.#server.close();
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }

  /** `http://a.test/x` with the port that the server listens on. */
  url(address: string): string {
    const url = new URL(address);
    url.port = String((this.#server.address() as AddressInfo).port);
    return url.href;
  }

  async open(address: string): Promise<Page> {
    const page = await this.context.newPage();
    await page.goto(this.url(address));
    return page;
  }

  prompts(): Page[] {
    const start = `chrome-extension://${this.extensionId}/src/prompt/`;
    return this.context.pages().filter((page) => page.url().startsWith(start));
  }

  /** The next question's window. */
  async prompt(): Promise<Page> {
    // A window is there before its address is, and no event tells of the second
    for (;;) {
      const [prompt] = this.prompts();
      if (prompt) return prompt;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Answers the next question by its button, as the user does. */
  async answer(button: 'Allow once' | 'Allow' | 'Block' | 'Use the browser’s own model'): Promise<void> {
    const prompt = await this.prompt();
    const closed = prompt.waitForEvent('close');
    // The window closes under the click, which may then end in an error
    prompt
      .getByRole('button', { name: button, exact: true })
      .click()
      .catch(() => {});
    await closed;
  }

  /** Calls a contract as the user's own screens do. Resolves with the first part where `want` says so. */
  async call(
    port: 'screen' | 'background' | 'mesh',
    name: string,
    input?: unknown,
    want = 'done',
  ): Promise<unknown> {
    const screen = await this.screen();
    return screen.evaluate(
      ([port, name, input, want]) =>
        new Promise((resolve, reject) => {
          const wire = chrome.runtime.connect({ name: port });
          wire.onMessage.addListener((frame) => {
            if (frame.kind === want) resolve(frame.output ?? frame.part);
            else if (frame.kind === 'fail') reject(new Error(`${frame.code}: ${frame.message}`));
            if (frame.kind !== 'part' || want === 'part') wire.disconnect();
          });
          wire.postMessage({ kind: 'call', id: 1, name, input });
        }),
      [port, name, input, want] as const,
    );
  }

  /** Drops a file on the options page's call, as the user does; gives the model's id. */
  async importFile(path: string, bytes: Uint8Array = readFileSync(path)): Promise<string> {
    return this.#import('importFile', basename(path), { '': bytes });
  }

  /** The same with a folder: its files by their paths in it. */
  async importFolder(name: string, files: Record<string, Uint8Array>): Promise<string> {
    return this.#import('importFolder', name, files);
  }

  async #import(call: 'importFile' | 'importFolder', name: string, bytes: Record<string, Uint8Array>) {
    const screen = await this.screen();
    const encoded = Object.entries(bytes).map(
      ([path, some]) => [path, Buffer.from(some).toString('base64')] as const,
    );
    return screen.evaluate(
      ({ call, name, encoded }) =>
        new Promise<string>((resolve, reject) => {
          const files = encoded.map(([path, base64]) => ({
            path,
            file: new Blob([Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))]),
          }));
          const wire = chrome.runtime.connect({ name: 'screen' });
          wire.onMessage.addListener((frame) => {
            if (frame.kind === 'done') resolve(frame.output.id);
            else if (frame.kind === 'fail') reject(new Error(`${frame.code}: ${frame.message}`));
            else wire.postMessage({ kind: 'read', id: 1 });
          });
          wire.postMessage({
            kind: 'call',
            id: 1,
            name: call,
            input: call === 'importFile' ? { file: files[0]!.file, name } : { files, name },
          });
        }),
      { call, name, encoded },
    );
  }

  status(): Promise<EngineStatus> {
    return this.call('screen', 'watch', undefined, 'part') as Promise<EngineStatus>;
  }

  /** Forgets every decision of the user. */
  async forgetSites(): Promise<void> {
    for (const { origin } of (await this.call('background', 'sites')) as { origin: string }[]) {
      await this.call('background', 'decide', { origin, models: [], decision: 'forget' });
      await this.call('screen', 'revoke', { origin });
    }
  }

  /** Ends the service worker as the browser does after 30 idle seconds. */
  async stopServiceWorker(): Promise<void> {
    this.#cdp ??= await this.context.newCDPSession(await this.screen());
    await this.#cdp.send('ServiceWorker.enable');
    await this.#cdp.send('ServiceWorker.stopAllWorkers');
  }

  /** How many pages and frames of the extension show this file. */
  async targets(path: string): Promise<number> {
    const cdp = await this.context.browser()!.newBrowserCDPSession();
    const { targetInfos } = await cdp.send('Target.getTargets', { filter: [{}] });
    await cdp.detach();
    return targetInfos.filter(({ url }) => url === `chrome-extension://${this.extensionId}/${path}`).length;
  }

  /** After the second time within a minute the browser gives the GPU up. */
  async crashGpuProcess(): Promise<void> {
    const cdp = await this.context.browser()!.newBrowserCDPSession();
    // The process dies without an answer
    cdp.send('Browser.crashGpuProcess').catch(() => {});
  }

  /** A page of the extension with nothing in it. */
  async screen(): Promise<Page> {
    if (!this.#screen) {
      this.#screen = await this.context.newPage();
      await this.#screen.goto(`chrome-extension://${this.extensionId}/src/bridge/index.html`);
    }
    return this.#screen;
  }
}

function serveFiles(files: Record<string, PageFile>): Promise<Server> {
  const server = createServer((request, response) => {
    const file = files[new URL(request.url ?? '/', 'http://any').pathname];
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...file?.headers });
    response.end(file?.body ?? '<!doctype html><title>page</title>');
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
