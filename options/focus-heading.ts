/** Where a keyboard goes on from when the thing that had the focus has gone from the page. */
export function focusHeading(): void {
  document.querySelector('h1')?.focus();
}
