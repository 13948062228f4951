import type { Link, MeshLane } from '../../src/mesh/link.ts';
import type { PeerId } from '../../src/protocol/peer-id.ts';

/** One end of a link that loses nothing and delivers by microtask. */
class MemoryLink implements Link {
  readonly rttMs = 0.1;
  readonly bufferedBytes = 0;
  other!: MemoryLink;
  #handler: (lane: MeshLane, frame: Uint8Array<ArrayBuffer>) => void = () => {};
  #onClose: (reason: string) => void = () => {};
  #isOpen = true;

  constructor(readonly peer: PeerId) {}

  send(lane: MeshLane, frame: Uint8Array<ArrayBuffer>): void {
    const copy = frame.slice();
    queueMicrotask(() => {
      if (this.#isOpen) this.other.#handler(lane, copy);
    });
  }

  onFrame(handler: (lane: MeshLane, frame: Uint8Array<ArrayBuffer>) => void): void {
    this.#handler = handler;
  }

  onClose(handler: (reason: string) => void): void {
    this.#onClose = handler;
  }

  close(reason: string): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#onClose(reason);
    this.other.close(reason);
  }
}

/** The end at `a`, which leads to `b`, and the end at `b`. */
export function memoryLinks(a: PeerId, b: PeerId): [Link, Link] {
  const [there, back] = [new MemoryLink(b), new MemoryLink(a)];
  there.other = back;
  back.other = there;
  return [there, back];
}
