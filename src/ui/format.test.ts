import { expect, test } from 'vitest';
import {
  formatBytes,
  formatContext,
  formatDate,
  formatDuration,
  formatPercent,
  formatRate,
  plural,
} from './format.ts';

const spaced = (text: string) => text.replaceAll('\u00a0', ' ');

test('a figure and its unit never break apart', () => expect(formatBytes(6 * 2 ** 30)).not.toContain(' '));

test.each([
  [0, '0'],
  [0.01, '0.0'],
  [0.44, '0.4'],
  [9.94, '9.9'],
  [9.96, '10'],
  [182.4, '182'],
  [12_345, '12,345'],
])('%d tokens a second read %s', (rate, text) => expect(formatRate(rate)).toBe(text));

test.each([
  [0.2, '1 s'],
  [41.2, '41 s'],
  [59.6, '1 min'],
  [150, '3 min'],
  [3600, '1 h'],
  [3900, '1 h 5 min'],
])('%d seconds read %s', (seconds, text) => expect(spaced(formatDuration(seconds))).toBe(text));

test('percentages are whole', () => expect(spaced(formatPercent(59.7))).toBe('60 %'));
test('dates name the month', () => expect(formatDate(Date.UTC(2026, 2, 12, 12))).toBe('12 Mar 2026'));
test('one is singular', () => expect(plural(1, 'token')).toBe('1 token'));
test('nought and many are plural', () =>
  expect([plural(0, 'site'), plural(1204, 'token')]).toEqual(['0 sites', '1,204 tokens']));
test.each([
  [512, '512'],
  [8192, '8k'],
  [131_072, '128k'],
])('%d tokens of context read %s', (tokens, text) => expect(formatContext(tokens)).toBe(text));
