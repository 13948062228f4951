import type { FetchedPieces } from '../worker/room-files.ts';

/** Pieces for as long as the process lives, which is as long as a peer without a browser is the same peer. */
export class MemoryPieces implements FetchedPieces {
  readonly #held = new Map<string, Uint8Array<ArrayBuffer>>();

  has(sha256: string): boolean {
    return this.#held.has(sha256);
  }

  async read(sha256: string, at: number, bytes: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const piece = this.#held.get(sha256);
    return piece && at + bytes <= piece.length ? piece.slice(at, at + bytes) : undefined;
  }

  async write(sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#held.set(sha256, bytes);
  }

  async keep(): Promise<void> {}
}
