/**
 * One envelope serves every wire: page ↔ offscreen, screens ↔ offscreen, offscreen ↔ engine worker, peer ↔ peer.
 *
 *   caller ── call ────────▶ callee
 *   caller ◀── part ──────── callee   0..n times, at most PARTS_IN_FLIGHT unread
 *   caller ── read ────────▶ callee   after each part that the caller has taken: backpressure
 *   caller ◀── done | fail ─ callee   once
 *   caller ── cancel ──────▶ callee   any time before that
 */
export type Frame =
  | { kind: 'call'; id: number; name: string; input: unknown }
  | { kind: 'part'; id: number; part: unknown }
  | { kind: 'read'; id: number }
  | { kind: 'done'; id: number; output: unknown }
  | { kind: 'fail'; id: number; code: string; message: string }
  | { kind: 'cancel'; id: number };

/** A contract: each entry is one call. `input` goes in once, `part` comes out many times, `output` ends it. */
export type Contract = object;
export interface Call {
  input: unknown;
  part: unknown;
  output: unknown;
}
export type CallOf<C, K extends keyof C> = C[K] extends Call ? C[K] : never;
