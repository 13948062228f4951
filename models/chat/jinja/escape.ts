import type { Budget } from './budget.ts';
import { Safe } from './values.ts';

const NAMES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => NAMES[char]!);
}

/** Two texts with a `+` between them: if one of them is safe, the other is escaped, and both together are safe. */
export function joinTexts(left: string | Safe, right: string | Safe, budget: Budget): string | Safe {
  const isSafe = left instanceof Safe || right instanceof Safe;
  const [first, second] = [left, right].map((text) =>
    text instanceof Safe ? text.text : isSafe ? escapeHtml(text) : text,
  ) as [string, string];
  budget.chars(first.length + second.length);
  return isSafe ? new Safe(first + second) : first + second;
}
