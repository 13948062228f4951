import { unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { storeZip } from './store-zip.mjs';

const bytes = (text: string) => new TextEncoder().encode(text);
const files = (version = '1.2.3') =>
  new Map([
    ['src/popup/index.html', bytes('<p>')],
    ['manifest.json', bytes(JSON.stringify({ version }))],
    ['empty.txt', new Uint8Array()],
  ]);

test('the zip holds the files and no others', () => {
  const unzipped = unzipSync(storeZip(files(), '1.2.3'));
  expect(new Map(Object.entries(unzipped))).toEqual(new Map([...files()].sort()));
});

test('the same files give the same bytes, in whatever order and time zone', () => {
  const zone = process.env.TZ;
  process.env.TZ = 'Pacific/Auckland';
  const there = storeZip(new Map([...files()].reverse()), '1.2.3');
  process.env.TZ = 'America/Los_Angeles';
  const here = storeZip(files(), '1.2.3');
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
  expect(here).toEqual(there);
});

test.each([
  { why: 'a build without a manifest', of: new Map([['a.js', bytes('')]]), says: 'no manifest.json' },
  { why: 'a manifest of another version', of: files('1.2.4'), says: 'manifest.json says version 1.2.4' },
])('$why is refused', ({ of, says }) => {
  expect(() => storeZip(of, '1.2.3')).toThrow(says);
});
