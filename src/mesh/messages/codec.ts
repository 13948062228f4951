/**
 * Binary messages as values: a codec writes what it is given and reads only what it could have written. Every list,
 * text and run of bytes has a limit, checked before anything is made for it. Numbers are little-endian.
 */
import { HearthError } from '../../protocol/errors.ts';

export interface Codec<T> {
  write(out: Writer, value: T): void;
  read(input: Reader): T;
}

export type ValueOf<C> = C extends Codec<infer T> ? T : never;

export function wrong(what: string): HearthError {
  return new HearthError('bad-input', `A peer sent a message that cannot be read: ${what}.`);
}

/** Grows as it is written to. */
export class Writer {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** Where the next `size` bytes go. */
  room(size: number): { view: DataView<ArrayBuffer>; at: number } {
    const at = this.#length;
    if (at + size > this.#bytes.length) {
      const bytes = new Uint8Array(Math.max(at + size, 2 * this.#bytes.length));
      bytes.set(this.#bytes);
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer);
    }
    this.#length = at + size;
    return { view: this.#view, at };
  }

  bytes(value: Uint8Array): void {
    const { at } = this.room(value.length);
    this.#bytes.set(value, at);
  }

  /** What has been written, in a buffer of its own. */
  done(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }
}

export class Reader {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView<ArrayBuffer>;
  #at = 0;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  take(size: number): { view: DataView<ArrayBuffer>; at: number } {
    if (size > this.left) throw wrong('it ends too early');
    const at = this.#at;
    this.#at += size;
    return { view: this.#view, at };
  }

  /** A view of the message, not a copy. */
  bytes(size: number): Uint8Array<ArrayBuffer> {
    const { at } = this.take(size);
    return this.#bytes.subarray(at, at + size);
  }
}

export function encode<T>(codec: Codec<T>, value: T): Uint8Array<ArrayBuffer> {
  const out = new Writer();
  codec.write(out, value);
  return out.done();
}

/** Fails with `bad-input` unless the whole of `bytes` is one value. */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array<ArrayBuffer>): T {
  const input = new Reader(bytes);
  const value = codec.read(input);
  if (input.left > 0) throw wrong(`${input.left} bytes follow its end`);
  return value;
}

export const u8: Codec<number> = {
  write(out, value) {
    const { view, at } = out.room(1);
    view.setUint8(at, value);
  },
  read(input) {
    const { view, at } = input.take(1);
    return view.getUint8(at);
  },
};

export const u16: Codec<number> = {
  write(out, value) {
    const { view, at } = out.room(2);
    view.setUint16(at, value, true);
  },
  read(input) {
    const { view, at } = input.take(2);
    return view.getUint16(at, true);
  },
};

export const u32: Codec<number> = {
  write(out, value) {
    const { view, at } = out.room(4);
    view.setUint32(at, value, true);
  },
  read(input) {
    const { view, at } = input.take(4);
    return view.getUint32(at, true);
  },
};

/** A count or size beyond 32 bits: an integer of at most 2^53 - 1. */
export const u53: Codec<number> = {
  write(out, value) {
    const { view, at } = out.room(8);
    view.setBigUint64(at, BigInt(value), true);
  },
  read(input) {
    const { view, at } = input.take(8);
    const value = Number(view.getBigUint64(at, true));
    if (!Number.isSafeInteger(value)) throw wrong('a number is too large');
    return value;
  },
};

/** A measure: finite, and never negative. */
export const measure: Codec<number> = {
  write(out, value) {
    const { view, at } = out.room(8);
    view.setFloat64(at, value, true);
  },
  read(input) {
    const { view, at } = input.take(8);
    const value = view.getFloat64(at, true);
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) throw wrong('a measure is not a finite number');
    return value;
  },
};

/** Any finite number. */
export const f64: Codec<number> = {
  write: measure.write,
  read(input) {
    const { view, at } = input.take(8);
    const value = view.getFloat64(at, true);
    if (!Number.isFinite(value)) throw wrong('a number is not finite');
    return value;
  },
};

export const flag: Codec<boolean> = {
  write: (out, value) => u8.write(out, value ? 1 : 0),
  read(input) {
    const value = u8.read(input);
    if (value > 1) throw wrong('a flag is neither 0 nor 1');
    return value === 1;
  },
};

/** At most `most` bytes in UTF-8; what is longer is cut when written. */
export function text(most: number): Codec<string> {
  return {
    write(out, value) {
      const bytes = new TextEncoder().encode(value);
      let end = Math.min(bytes.length, most);
      // Not through the middle of a character
      while (end < bytes.length && end > 0 && (bytes[end]! & 0xc0) === 0x80) end--;
      u16.write(out, end);
      out.bytes(bytes.subarray(0, end));
    },
    read(input) {
      const size = u16.read(input);
      if (size > most) throw wrong(`a text has ${size} bytes, and may have ${most}`);
      try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(input.bytes(size));
      } catch (cause) {
        if (cause instanceof HearthError) throw cause;
        throw wrong('a text is not UTF-8');
      }
    },
  };
}

export function bytes(most: number): Codec<Uint8Array<ArrayBuffer>> {
  return {
    write(out, value) {
      u32.write(out, value.length);
      out.bytes(value);
    },
    read(input) {
      const size = u32.read(input);
      if (size > most) throw wrong(`${size} bytes come together, and ${most} may`);
      return input.bytes(size);
    },
  };
}

/** A number of exactly `size` bytes in hex. */
export function hex(size: number): Codec<string> {
  return {
    write(out, value) {
      if (value.length !== 2 * size) throw new RangeError(`${value.length / 2} bytes where ${size} belong`);
      out.bytes(
        Uint8Array.from({ length: size }, (_, i) => Number.parseInt(value.slice(2 * i, 2 * i + 2), 16)),
      );
    },
    read: (input) => Array.from(input.bytes(size), (byte) => byte.toString(16).padStart(2, '0')).join(''),
  };
}

export function list<T>(item: Codec<T>, most: number): Codec<T[]> {
  return {
    write(out, values) {
      if (values.length > most) throw new RangeError(`${values.length} entries where ${most} may be`);
      u32.write(out, values.length);
      for (const value of values) item.write(out, value);
    },
    read(input) {
      const count = u32.read(input);
      // Every entry has a byte at least, so no list is made that the message cannot fill
      if (count > most || count > input.left)
        throw wrong(`a list has ${count} entries, and may have ${most}`);
      const values: T[] = [];
      for (let i = 0; i < count; i++) values.push(item.read(input));
      return values;
    },
  };
}

export function optional<T>(item: Codec<T>): Codec<T | undefined> {
  return {
    write(out, value) {
      flag.write(out, value !== undefined);
      if (value !== undefined) item.write(out, value);
    },
    read: (input) => (flag.read(input) ? item.read(input) : undefined),
  };
}

/** Fields in the order in which they are written down. */
export function record<T extends object>(fields: { [K in keyof T]: Codec<T[K]> }): Codec<T> {
  const entries = Object.entries(fields) as [keyof T, Codec<T[keyof T]>][];
  return {
    write(out, value) {
      for (const [name, codec] of entries) codec.write(out, value[name]);
    },
    read(input) {
      const value = {} as T;
      for (const [name, codec] of entries) value[name] = codec.read(input);
      return value;
    },
  };
}

/** One of a few words, as its index. */
export function word<T extends string>(...words: readonly T[]): Codec<T> {
  return {
    write: (out, value) => u8.write(out, words.indexOf(value)),
    read(input) {
      const value = words[u8.read(input)];
      if (value === undefined) throw wrong('a field has a value that is not known');
      return value;
    },
  };
}

/** One of several records, told apart by `kind`: its place in `kinds`, so new ones go to the end. */
export function oneOf<T extends { kind: string }>(
  kinds: {
    [K in T['kind']]: Codec<Omit<Extract<T, { kind: K }>, 'kind'>>;
  },
): Codec<T> {
  const names = Object.keys(kinds) as T['kind'][];
  return {
    write(out, value) {
      const kind: T['kind'] = value.kind;
      u8.write(out, names.indexOf(kind));
      kinds[kind].write(out, value as never);
    },
    read(input) {
      const kind = names[u8.read(input)];
      if (kind === undefined) throw wrong('its kind is not known');
      return { kind, ...(kinds[kind].read(input) as object) } as T;
    },
  };
}

/** A value that must also satisfy `holds`. */
export function checked<T>(codec: Codec<T>, holds: (value: T) => boolean, what: string): Codec<T> {
  return {
    write: codec.write,
    read(input) {
      const value = codec.read(input);
      if (!holds(value)) throw wrong(what);
      return value;
    },
  };
}
