// Enough of Vitest to run the kernel tests from one file on a machine that has a GPU and Node, and nothing
// else: the same expectations (Vitest's own), a runner of a page.
import { chai, JestAsymmetricMatchers, JestChaiExpect, JestExtend } from '@vitest/expect';

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);
export const expect = ((value: unknown, message?: string) =>
  chai.expect(value, message)) as unknown as typeof import('vitest').expect;
Object.assign(expect, chai.expect);

type Body = (...args: never[]) => unknown;
interface Case {
  name: string;
  run(): unknown;
  skip: boolean;
}

const cases: Case[] = [];
const suites: string[] = [];
let isSkipped = false;

function add(name: string, run: () => unknown, skip = false): void {
  cases.push({ name: [...suites, name].join(' › '), run, skip: skip || isSkipped });
}

/** Thrown by a test that finds, when it runs, that it cannot be judged here. */
class Skipped extends Error {}

interface Context {
  skip(condition?: unknown): void;
}

const CONTEXT: Context = {
  skip(condition = true) {
    if (condition) throw new Skipped();
  },
};

/** A title with `$key` and `%s` filled in as Vitest does. */
function titled(title: string, row: unknown): string {
  const values = Array.isArray(row) ? [...row] : [row];
  return title
    .replace(/\$([\w.]+)/g, (_, path: string) =>
      String(path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown>)?.[key], row)),
    )
    .replace(/%[sdifjo]/g, () => String(values.shift()));
}

function makeTest(skip: boolean) {
  const base = (name: string, first: Body | object, second?: Body) =>
    add(
      name,
      () => ((typeof first === 'function' ? first : second!) as (context: Context) => unknown)(CONTEXT),
      skip,
    );
  const each = (rows: readonly unknown[]) => (title: string, body: Body) => {
    for (const row of rows)
      add(
        titled(title, row),
        () => (body as (...args: unknown[]) => unknown)(...(Array.isArray(row) ? row : [row])),
        skip,
      );
  };
  const forEach = (rows: readonly unknown[]) => (title: string, body: Body) => {
    for (const row of rows)
      add(
        titled(title, row),
        () => (body as (row: unknown, context: Context) => unknown)(row, CONTEXT),
        skip,
      );
  };
  return Object.assign(base, { each, for: forEach });
}

function makeDescribe(skip: boolean) {
  const base = (name: string, body: () => void) => {
    const before = isSkipped;
    isSkipped ||= skip;
    suites.push(name);
    body();
    suites.pop();
    isSkipped = before;
  };
  const each = (rows: readonly unknown[]) => (title: string, body: Body) => {
    for (const row of rows)
      base(titled(title, row), () =>
        (body as (...args: unknown[]) => unknown)(...(Array.isArray(row) ? row : [row])),
      );
  };
  return Object.assign(base, { each, for: each });
}

export const test = Object.assign(makeTest(false), {
  skipIf: (condition: unknown) => makeTest(Boolean(condition)),
  runIf: (condition: unknown) => makeTest(!condition),
});
export const describe = Object.assign(makeDescribe(false), {
  skipIf: (condition: unknown) => makeDescribe(Boolean(condition)),
});
export const it = test;

/** Runs what was collected; says what failed and how many passed. */
export async function runAll(filter: RegExp): Promise<boolean> {
  let passed = 0;
  let skipped = 0;
  const failed: string[] = [];
  const wanted = cases.filter(({ name }) => filter.test(name));
  for (const { name, run, skip } of wanted) {
    if (skip) {
      skipped++;
      continue;
    }
    try {
      await run();
      passed++;
    } catch (error) {
      if (error instanceof Skipped) {
        skipped++;
        continue;
      }
      failed.push(name);
      console.log(`FAIL ${name}\n  ${String(error instanceof Error ? error.message : error).slice(0, 600)}`);
    }
  }
  console.log(`${passed} passed, ${failed.length} failed, ${skipped} skipped`);
  return failed.length === 0;
}
