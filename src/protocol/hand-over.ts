import type { Failure } from './errors.ts';

/**
 * How a page comes to its direct port, on its first call. Nothing of this is there before.
 *
 *   page ───── control port ─────────▶ content      one event in the page's own window
 *   content ── wake ─────────────────▶ background   opens the offscreen document
 *   content ── runtime.Port ─────────▶ offscreen    whose `sender.origin` is the browser's word; ends with the page
 *   content ◀─ known ───────────────── offscreen
 *   content ── ticket ──▶ bridge ── ticket, origin, port ──▶ background ── the same ──▶ offscreen
 *   content ◀─ attached ────────────── offscreen
 *   page ◀──── the other end ───────── content      and the bridge is removed
 *
 * Where the bridge fails, the page gets a port whose frames content relays over the runtime.Port.
 */

/** The event that carries a page's control port: a `MessageEvent` with one port. */
export const ATTACH_EVENT = 'hearth-attach';

/** Names of runtime ports: whom they are for. A page's ticket follows its prefix. */
export const PAGE_PORT_PREFIX = 'page ';
export const SCREEN_PORT = 'screen';
export const MESH_PORT = 'mesh';
export const BACKGROUND_PORT = 'background';

export const OFFSCREEN_PATH = 'src/offscreen/index.html';
export const BRIDGE_PATH = 'src/bridge/index.html';
export const POPUP_PATH = 'src/popup/index.html';
export const PROMPT_PATH = 'src/prompt/index.html';

/** Content to page over the control port. `port` comes with the port; after `lost` the page may try anew. */
export type ControlMessage = { kind: 'port'; path: 'direct' | 'relayed' } | ({ kind: 'lost' } & Failure);

/** Content to background, answered with a `WakeAnswer` once the offscreen document is there. */
export interface WakeMessage {
  kind: 'wake';
}
export type WakeAnswer = { ok: true } | ({ ok: false } & Failure);

/** Offscreen to content over the runtime port, before any frame. */
export type PortMessage = { kind: 'known' } | { kind: 'attached' };

/** Bridge to background to offscreen, with the port. `origin` is what the browser told the bridge. */
export interface AttachMessage {
  kind: 'attach';
  ticket: string;
  origin: string;
}

export function isAttachMessage(message: unknown): message is AttachMessage {
  return (
    typeof message === 'object' &&
    message !== null &&
    'kind' in message &&
    message.kind === 'attach' &&
    'ticket' in message &&
    typeof message.ticket === 'string' &&
    'origin' in message &&
    typeof message.origin === 'string'
  );
}

export function isWakeMessage(message: unknown): message is WakeMessage {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === 'wake';
}
