import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build, type PreviewServer, preview } from 'vite';
import { findChromium } from '../../src/build/chromium.mjs';
import type { FakeHearth } from './fake-hearth.ts';

const configFile = fileURLToPath(new URL('vite.config.ts', import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export interface ScreenOptions {
  width?: number;
  height?: number;
  /** The page's time stands still until the test moves it by `page.clock`. */
  isClockStopped?: boolean;
  /** Runs before the page's own scripts. */
  before?: () => void;
}

export interface Screen extends Page {
  /** What the page threw, and what its content policy stopped. */
  problems: string[];
}

/** The built screens and the demo page, over a fake Hearth, in a real browser. */
export class Screens {
  private constructor(
    private readonly browser: Browser,
    private readonly server: PreviewServer,
  ) {}

  static async open(): Promise<Screens> {
    await build({ configFile, logLevel: 'warn' });
    const server = await preview({ configFile, logLevel: 'warn', preview: { port: 0, host: '127.0.0.1' } });
    const browser = await chromium.launch({
      executablePath: findChromium(),
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    });
    return new Screens(browser, server);
  }

  async page(path: string, options: ScreenOptions = {}): Promise<Screen> {
    const { width = 1000, height = 800, isClockStopped = false, before } = options;
    const page = await this.browser.newPage({
      reducedMotion: 'reduce',
      viewport: { width, height },
    });
    page.setDefaultTimeout(10_000);
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    if (isClockStopped) {
      await page.clock.install({ time: 0 });
      await page.clock.pauseAt(1000);
    }
    if (before) await page.addInitScript(before);
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

/** Accessibility faults of the page as it stands, WCAG 2.2 AA and axe's best practices. */
export async function axeViolations(page: Page): Promise<string[]> {
  // As an expression, since the page's content policy allows no script of a stranger
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
    interface Violation {
      id: string;
      nodes: { target: string[]; failureSummary: string }[];
    }
    const { violations } = await axe.run();
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')} ${failureSummary}`),
    );
  });
}
