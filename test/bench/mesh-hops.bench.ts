// How long an activation takes to a browser in another network namespace and back, and what bulk beside it costs.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { chromium, type Page } from 'playwright-core';
import { test } from 'vitest';
import type {} from '../mesh-net/lane-page.ts';
import { build, type Rollup } from 'vite';
import { missingForNetworks, openNetwork, WEATHERS, type Weather } from '../mesh-net/network.ts';

/** As many connections carry activations as `offscreen/mesh/make-link.ts` makes. */
const PATHS = 4;
const TIMES = Number(process.env.HEARTH_PINGS ?? 1_000);
const SIZES = [8_192, 40_960];

/** Round trips, as the goals of the mesh are put: at 5 ms of round trip, 400 Mbit/s. */
const NETWORKS: Record<string, Weather | undefined> = {
  'cable, 0 ms': WEATHERS.cable,
  '5 ms': { ...WEATHERS.wifi, jitterMs: 0 },
  '5 ms, jitter': WEATHERS.wifi,
  '5 ms, 1 % lost': WEATHERS.lossy,
};

const missing = missingForNetworks();
const OUT = 'out/bench/mesh-hops.json';

test.skipIf(missing)(
  `hops over ${Object.keys(NETWORKS).length} networks${missing ? ` (skipped: ${missing})` : ''}`,
  async () => {
    const script = await bundle();
    const results: object[] = [];
    for (const [network, weather] of Object.entries(NETWORKS))
      for (const result of await measure(script, weather)) {
        results.push({ network, ...result });
        console.log(JSON.stringify(results.at(-1)));
      }
    mkdirSync('out/bench', { recursive: true });
    const machine = { cpus: cpus().length, load: loadavg()[0] };
    writeFileSync(OUT, JSON.stringify({ paths: PATHS, times: TIMES, machine, results }, null, 2));
    console.log(`${readFileSync(OUT, 'utf8').length} bytes in ${OUT}`);
  },
);

async function bundle(): Promise<string> {
  const built = (await build({
    configFile: false,
    logLevel: 'warn',
    build: {
      write: false,
      lib: { entry: 'test/mesh-net/lane-page.ts', formats: ['iife'], name: 'lanePage' },
    },
  })) as Rollup.RollupOutput[];
  return built[0]!.output[0].code;
}

async function measure(script: string, weather: Weather | undefined): Promise<object[]> {
  const network = await openNetwork(2, weather);
  const args = [
    '--no-sandbox',
    '--headless=new',
    '--disable-gpu',
    '--disable-features=WebRtcHideLocalIpsWithMdns',
  ];
  const browsers = await Promise.all(
    network.chromiums.map((executablePath) => chromium.launch({ executablePath, args })),
  );
  try {
    const [near, far] = (await Promise.all(browsers.map((browser) => browser.newPage()))) as [Page, Page];
    await connectPages(script, near, far);
    const results = [];
    for (const bytes of SIZES) {
      await near.evaluate((bytes) => lanePage.measureTrips(bytes, 30, 0), bytes);
      const trips = await near.evaluate(([bytes, times]) => lanePage.measureTrips(bytes, times, 0), [
        bytes,
        TIMES,
      ] as const);
      results.push({
        bytes,
        roundTripMs: quantiles(trips),
        ...(await near.evaluate(() => lanePage.quality())),
      });
    }
    return results;
  } finally {
    await Promise.all(browsers.map((browser) => browser.close()));
    await network.close();
  }
}

async function connectPages(script: string, near: Page, far: Page): Promise<void> {
  for (const page of [near, far]) {
    await page.evaluate(script);
    await page.evaluate((paths) => lanePage.prepare(paths, { ordered: false, maxRetransmits: 0 }), PATHS);
  }
  for (let i = 0; i < PATHS; i++) {
    const offered = await near.evaluate((i) => lanePage.offer(i), i);
    const answered = await far.evaluate(([i, offered]) => lanePage.answer(i, offered), [i, offered] as const);
    await near.evaluate(([i, answered]) => lanePage.accept(i, answered), [i, answered] as const);
  }
  await Promise.all([near, far].map((page) => page.evaluate(() => lanePage.openLane())));
}

function quantiles(values: number[]): Record<string, number> {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (q: number) =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]! * 100) / 100;
  return {
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    max: at(1),
    over100: sorted.filter((ms) => ms > 100).length,
  };
}
