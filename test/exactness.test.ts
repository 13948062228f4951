// The committed table of errors is what was measured, and of everything that Hearth computes.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { quantFormats } from '../kernels/quants/index.ts';
import { ARCHITECTURES } from '../models/architectures/index.ts';
import {
  ARCHITECTURE_FORMS,
  exactnessPage,
  type Figures,
  figuresOf,
  TYPE_FORMS,
  withTables,
} from '../src/build/exactness-page.mjs';
import { CONVERSIONS } from './golden/embeddings/convert.ts';

const docs = resolve(import.meta.dirname, '../docs');
const machines: Figures[] = readdirSync(join(docs, 'exactness'))
  .sort()
  .map((name) => JSON.parse(readFileSync(join(docs, 'exactness', name), 'utf8')));

/** Models that read whole texts have no answers to make. */
const ENCODERS = Object.values(CONVERSIONS).flatMap(({ isEncoder, architecture }) =>
  isEncoder ? [architecture] : [],
);
const BOUNDS = { types: 1e-5, architectures: 1e-4 };
const AGAIN = 'run `npm run table` and commit docs/exactness';

test('some machine has measured', () => expect(machines).not.toEqual([]));

describe.each(machines)('on $adapter', ({ types, architectures }) => {
  test('every type and architecture was measured in every form', () => {
    for (const { name } of quantFormats)
      expect(Object.keys(types[name] ?? {}).sort(), `${name}: ${AGAIN}`).toEqual([...TYPE_FORMS].sort());
    for (const { name } of ARCHITECTURES) {
      const forms = ENCODERS.includes(name) ? ['prefill', 'batch'] : ARCHITECTURE_FORMS;
      expect(Object.keys(architectures[name] ?? {}).sort(), `${name}: ${AGAIN}`).toEqual([...forms].sort());
    }
  });

  test('no error is past its bound', () => {
    for (const [kind, rows] of Object.entries({ types, architectures }))
      for (const [name, row] of Object.entries(rows))
        for (const error of Object.values(row))
          expect(error, name).toBeLessThan(BOUNDS[kind as keyof typeof BOUNDS]);
  });
});

test('the page shows it', () => {
  expect(readFileSync(join(docs, 'exactness.md'), 'utf8'), AGAIN).toBe(exactnessPage(machines));
  const readme = readFileSync(join(docs, '../README.md'), 'utf8');
  expect(readme, AGAIN).toBe(withTables(readme, machines));
});

describe('of the notes', () => {
  const note = (name: string, form: string, error: number) =>
    JSON.stringify({ kind: 'type', name, form, error });
  const adapter = (name: string) => JSON.stringify({ adapter: name });

  test('the largest error of each form counts', () => {
    const notes = [
      adapter('a'),
      note('Q4_0', 'mat-vec', 1e-7),
      note('Q4_0', 'mat-vec', 3.14e-7),
      note('F16', 'model', 0),
    ];
    expect(figuresOf(notes.join('\n'))).toEqual({
      adapter: 'a',
      types: { Q4_0: { 'mat-vec': 3.1e-7 }, F16: { model: 0 } },
      architectures: {},
    });
  });

  test('those of two adapters are not mixed', () => {
    expect(() => figuresOf(`${adapter('a')}\n${adapter('b')}\n`)).toThrow('two adapters: a and b');
  });

  test('a page has a line for each, and a dash where nothing was measured', () => {
    const page = exactnessPage([
      { adapter: 'a', types: { Q4_0: { 'mat-vec': 3.1e-7, model: 0 } }, architectures: {} },
    ]);
    expect(page).toContain('| Q4_0 | 3.1e-7 | — | — | — | 0 |');
  });
});
