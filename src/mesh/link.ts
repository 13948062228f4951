import type { PeerId } from '../protocol/peer-id.ts';

/** What may wait for what: nothing waits for bulk, and control waits for nothing. */
export type MeshLane = 'control' | 'activation' | 'bulk';

/**
 * An authenticated connection to a peer, whatever carries it. Frames of a lane arrive whole, in order and once, or the
 * link closes. Lanes know nothing of each other's order: what depends on a frame goes in the same lane.
 */
export interface Link {
  readonly peer: PeerId;
  /** Round trip, smoothed; what was last known while nothing comes back. */
  readonly rttMs: number;
  /** Bytes handed to `send` that have not left yet, all lanes together. */
  readonly bufferedBytes: number;
  /** Keeps no reference to `frame`'s buffer after it returns. On a link that is closed, nothing happens. */
  send(lane: MeshLane, frame: Uint8Array<ArrayBuffer>): void;
  /** One handler; a later one takes the place of an earlier one. It may keep `frame`. */
  onFrame(handler: (lane: MeshLane, frame: Uint8Array<ArrayBuffer>) => void): void;
  /** Called once, however the link came to its end, with a sentence that says why. */
  onClose(handler: (reason: string) => void): void;
  close(reason: string): void;
}
