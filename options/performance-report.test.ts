import { expect, test } from 'vitest';
import { someFacts, someProfile } from '../test/fakes/performance-scenes.ts';
import { busyStatus } from '../test/fakes/screen-scenes.ts';
import { performanceReport } from './performance-report.ts';

const parts = {
  version: '1.2.3',
  browser: 'Chrome/156',
  status: busyStatus,
  facts: someFacts,
  profile: someProfile,
  hasOrigins: false,
};

/** The JSON behind the text. */
const dataOf = (report: string) => JSON.parse(report.slice(report.indexOf('\n{')));

test('it says in words and in JSON what was measured', () => {
  const report = performanceReport(parts);
  expect(report).toContain('Hearth 1.2.3 on NVIDIA GeForce RTX 4070 (webgpu)');
  expect(report).toContain(
    'Step of llama-3.2-1b, a token behind 256 others: 2.2 ms, 61 % of the memory’s ceiling',
  );
  expect(report).toContain('gate-up Q4_0 dp4a subgroup normed × 16, 76 % of the memory ceiling');
  const data = dataOf(report);
  expect(data.profile).toEqual(JSON.parse(JSON.stringify(someProfile)));
  expect(data.memory.models[1]).toMatchObject({ id: 'llama-3.2-1b', kvBytes: 512 * 2 ** 20 });
  expect(data.lanes).toEqual(someFacts.lanes);
});

test('no site is in it, unless the user says so', () => {
  const names = [...someFacts.answers, ...busyStatus.running].map(({ origin }) => new URL(origin).hostname);
  const report = performanceReport(parts);
  for (const name of names) expect(report).not.toContain(name);
  expect(dataOf(report).answers).toHaveLength(2);
  const whole = performanceReport({ ...parts, hasOrigins: true });
  for (const { origin } of someFacts.answers) expect(whole).toContain(`for ${origin}`);
  expect(dataOf(whole).answers[0].origin).toBe('https://notes.example.com');
});

test('an engine that has said nothing yet makes a report too', () => {
  const nothing = { ...parts, status: undefined, facts: undefined, profile: undefined };
  expect(performanceReport(nothing)).toContain('No step has been measured.');
});
