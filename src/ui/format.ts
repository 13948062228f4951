import { bytesInWords } from '../protocol/bytes-in-words.ts';

/** Keeps a number and its unit on one line. */
const NBSP = '\u00a0';

/** As sentences have it, on one line. */
export function formatBytes(bytes: number): string {
  return bytesInWords(bytes).replace(' ', NBSP);
}

/** Tokens per second, as a bare figure: `0`, `0.4`, `9.8`, `120`. */
export function formatRate(perSecond: number): string {
  if (perSecond <= 0) return '0';
  return perSecond < 9.95 ? perSecond.toFixed(1) : Math.round(perSecond).toLocaleString('en');
}

export function formatPercent(percent: number): string {
  return `${Math.round(percent)}${NBSP}%`;
}

/** A time that is left, no finer than is useful: `8 s`, `2 min`, `1 h 5 min`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return `${whole}${NBSP}s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes}${NBSP}min`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)}${NBSP}h${rest ? ` ${rest}${NBSP}min` : ''}`;
}

/** `12 Mar 2026`. The screens are in English, so dates are too. */
export function formatDate(epochMs: number): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' }).format(epochMs);
}

/** `1 token`, `1,204 tokens`. */
export function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** Tokens in thousands of 1024: `512`, `8k`, `128k`. */
export function formatContext(tokens: number): string {
  return tokens < 1024 ? String(tokens) : `${Math.round(tokens / 1024)}k`;
}
