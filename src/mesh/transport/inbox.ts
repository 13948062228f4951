import type { Slice, SliceName } from './activation-wire.ts';
import { MAX_MISSING } from './activation-wire.ts';
import { MAX_BYTES_UNDER_WAY, MAX_FRAMES_UNDER_WAY } from './limits.ts';

interface Incoming {
  bytes: Uint8Array<ArrayBuffer>;
  sliceBytes: number;
  has: Uint8Array;
  missing: number;
  /** One past the highest index seen: what is absent before it has been overtaken. */
  seen: number;
}

/** Makes frames of slices that come in any order, some twice, and gives them out in order, each once. */
export class Inbox {
  /** The first frame that has not been given out. */
  next = 0;
  /** Slices that were sent here, as far as their order tells, and those that came; all paths together. */
  expected = 0;
  arrived = 0;
  readonly #incoming = new Map<number, Incoming>();
  readonly #orders = new Map<number, number>();
  /** When a slice was last asked for, by frame and index. */
  readonly #asked = new Map<number, number>();
  #bytes = 0;
  #newest = -1;

  /** Takes a slice. Gives the frames that are complete now, or a sentence if the peer breaks the rules. */
  take(slice: Slice): Uint8Array<ArrayBuffer>[] | string {
    this.#count(slice);
    if (slice.frame < this.next) return [];
    if (slice.frame >= this.next + MAX_FRAMES_UNDER_WAY)
      return `The peer sent frame ${slice.frame} while frame ${this.next} is missing: that is too far ahead.`;

    const frame = this.#incoming.get(slice.frame) ?? this.#begin(slice);
    if (!frame) return 'The peer sent more activations than may be under way at once.';
    if (frame.bytes.length !== slice.frameBytes || frame.sliceBytes !== slice.sliceBytes)
      return `The peer sent two sizes for frame ${slice.frame}.`;

    this.#newest = Math.max(this.#newest, slice.frame);
    frame.seen = Math.max(frame.seen, slice.index + 1);
    if (frame.has[slice.index]) return [];
    frame.has[slice.index] = 1;
    frame.missing--;
    frame.bytes.set(slice.payload, slice.index * slice.sliceBytes);
    return this.#complete();
  }

  hasMissing(): boolean {
    return this.#names(1).length > 0;
  }

  /** Slices that others have overtaken and that were not asked for in the last `againMs`: the caller asks now. */
  toAsk(now: number, againMs: number): SliceName[] {
    const names = this.#names(MAX_MISSING).filter((name) => {
      const asked = this.#asked.get(keyOf(name));
      return asked === undefined || now - asked >= againMs;
    });
    for (const name of names) this.#asked.set(keyOf(name), now);
    return names;
  }

  /** Oldest first. */
  #names(most: number): SliceName[] {
    const names: SliceName[] = [];
    for (let number = this.next; number <= this.#newest && names.length < most; number++) {
      const frame = this.#incoming.get(number);
      // Of a frame that nothing came of, its first slice tells how long it is
      if (!frame) names.push({ frame: number, index: 0 });
      else if (frame.missing > 0) absent(number, frame, number < this.#newest, most, names);
    }
    return names;
  }

  #begin({ frame, frameBytes, sliceBytes, count }: Slice): Incoming | undefined {
    // Checked before anything is allocated for it
    if (this.#bytes + frameBytes > MAX_BYTES_UNDER_WAY) return undefined;
    this.#bytes += frameBytes;
    const begun = {
      bytes: new Uint8Array(frameBytes),
      sliceBytes,
      has: new Uint8Array(count),
      missing: count,
      seen: 0,
    };
    this.#incoming.set(frame, begun);
    return begun;
  }

  #complete(): Uint8Array<ArrayBuffer>[] {
    const complete = [];
    for (;;) {
      const frame = this.#incoming.get(this.next);
      if (!frame || frame.missing > 0) return complete;
      complete.push(frame.bytes);
      this.#incoming.delete(this.next++);
      if (!this.hasMissing()) this.#asked.clear();
      this.#bytes -= frame.bytes.length;
    }
  }

  #count({ path, order }: Slice): void {
    const highest = this.#orders.get(path) ?? -1;
    this.expected += Math.max(0, order - highest);
    this.arrived++;
    this.#orders.set(path, Math.max(highest, order));
  }
}

function keyOf({ frame, index }: SliceName): number {
  return frame * 2 ** 16 + index;
}

function absent(
  number: number,
  frame: Incoming,
  isOvertaken: boolean,
  most: number,
  names: SliceName[],
): void {
  const end = isOvertaken ? frame.has.length : frame.seen;
  for (let index = 0; index < end && names.length < most; index++)
    if (!frame.has[index]) names.push({ frame: number, index });
}
