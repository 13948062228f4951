import { expect, test } from 'vitest';
import { countTests, totalsLine } from './test-counts.mjs';

test('counts add up over the parts, and the line says them', () => {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  countTests({ numPassedTests: 10, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 }, counts);
  expect(totalsLine(counts)).toBe('10 passed, 0 failed');
  countTests({ numPassedTests: 5, numFailedTests: 2, numPendingTests: 3, numTodoTests: 1 }, counts);
  expect(totalsLine(counts)).toBe('15 passed, 2 failed, 4 skipped');
});
