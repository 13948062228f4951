// @ts-check
/** @typedef {{passed: number, failed: number, skipped: number}} Counts */

/**
 * Adds what vitest's JSON report says to `counts`.
 * @param {{numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number}} report
 * @param {Counts} counts
 */
export function countTests(report, counts) {
  counts.passed += report.numPassedTests;
  counts.failed += report.numFailedTests;
  counts.skipped += report.numPendingTests + report.numTodoTests;
}

/** @param {Counts} counts */
export function totalsLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
