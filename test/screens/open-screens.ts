import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build, type PreviewServer, preview } from 'vite';
import type { FakeHearth } from './fake-hearth.ts';

const configFile = fileURLToPath(new URL('vite.config.ts', import.meta.url));

export type Scheme = 'light' | 'dark';

/** The built screens over a fake Hearth, in a real browser. */
export class Screens {
  private constructor(
    private readonly browser: Browser,
    private readonly server: PreviewServer,
  ) {}

  static async open(): Promise<Screens> {
    await build({ configFile, logLevel: 'warn' });
    const server = await preview({ configFile, logLevel: 'warn', preview: { port: 0, host: '127.0.0.1' } });
    const browser = await chromium.launch({
      executablePath: process.env.HEARTH_CHROMIUM ?? '/usr/lib/chromium/chromium',
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    });
    return new Screens(browser, server);
  }

  /** A page that throws, or that its content policy stops, fails the test through `problems`. */
  async page(
    path: string,
    options: { scheme?: Scheme; width?: number; height?: number } = {},
  ): Promise<Page & { problems: string[] }> {
    const { scheme = 'light', width = 1000, height = 800 } = options;
    const page = await this.browser.newPage({
      colorScheme: scheme,
      reducedMotion: 'reduce',
      viewport: { width, height },
    });
    page.setDefaultTimeout(10_000);
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    await page.goto(new URL(path, this.server.resolvedUrls!.local[0]).href);
    return Object.assign(page, { problems });
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.server.close();
  }
}

/** What the screen did to Hearth, in order. */
export function callsOf(page: Page): Promise<FakeHearth['calls']> {
  return page.evaluate(() => fake.calls);
}
