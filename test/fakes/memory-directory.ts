import { HearthError } from '../../src/protocol/errors.ts';
import type { Directory, WritableFile } from '../../src/storage/directory.ts';

/** A disk in memory. Files and JSON lie side by side, as in a real folder. */
export class MemoryDirectory implements Directory {
  /** Bytes that all files together may take: the disk is full there. */
  capacityBytes = Number.POSITIVE_INFINITY;
  readonly #files = new Map<string, MemoryFile>();

  async list() {
    return [...this.#files].map(([name, file]) => ({ name, sizeBytes: file.bytes.length }));
  }

  async openForReading(name: string) {
    const file = this.#files.get(name);
    if (!file) throw new HearthError('not-found', `There is no file ${name} on this disk.`);
    if (file.writers > 0) throw new HearthError('busy', `The file ${name} is in use.`);
    return this.#open(file, 'readers');
  }

  async openForWriting(name: string) {
    let file = this.#files.get(name);
    if (file && file.writers + file.readers > 0) throw new HearthError('busy', `The file ${name} is in use.`);
    if (!file) this.#files.set(name, (file = { bytes: new Uint8Array(0), readers: 0, writers: 0 }));
    return this.#open(file, 'writers');
  }

  async remove(name: string) {
    const file = this.#files.get(name);
    if (file && file.writers + file.readers > 0) throw new HearthError('busy', `The file ${name} is in use.`);
    this.#files.delete(name);
  }

  async readJson(name: string): Promise<unknown> {
    const file = this.#files.get(name);
    try {
      return file && JSON.parse(new TextDecoder().decode(file.bytes));
    } catch {
      return undefined;
    }
  }

  async writeJson(name: string, value: unknown) {
    const bytes = new TextEncoder().encode(JSON.stringify(value));
    this.#claim(bytes.length - (this.#files.get(name)?.bytes.length ?? 0));
    this.#files.set(name, { bytes, readers: 0, writers: 0 });
  }

  get usedBytes() {
    return [...this.#files.values()].reduce((sum, file) => sum + file.bytes.length, 0);
  }

  /** What a crash leaves: the files as they are, no handle open. */
  afterCrash(): MemoryDirectory {
    const copy = new MemoryDirectory();
    copy.capacityBytes = this.capacityBytes;
    for (const [name, { bytes }] of this.#files)
      copy.#files.set(name, { bytes: bytes.slice(), readers: 0, writers: 0 });
    return copy;
  }

  #open(file: MemoryFile, count: 'readers' | 'writers'): WritableFile {
    const directory = this;
    file[count]++;
    let isOpen = true;
    const mustBeOpen = () => {
      if (!isOpen) throw new DOMException('The file is closed.', 'InvalidStateError');
    };
    const resize = (sizeBytes: number) => {
      const resized = new Uint8Array(sizeBytes);
      resized.set(file.bytes.subarray(0, sizeBytes));
      file.bytes = resized;
    };
    return {
      get sizeBytes() {
        mustBeOpen();
        return file.bytes.length;
      },
      async read(offset, length) {
        mustBeOpen();
        return file.bytes.slice(offset, offset + length);
      },
      readInto(offset, into) {
        mustBeOpen();
        const bytes = file.bytes.subarray(offset, offset + into.length);
        into.set(bytes);
        return bytes.length;
      },
      async write(offset, bytes) {
        mustBeOpen();
        // As much as there is room for, as real disks do
        const room = file.bytes.length + directory.capacityBytes - directory.usedBytes;
        const end = Math.min(offset + bytes.length, Math.max(room, file.bytes.length));
        if (end > file.bytes.length) resize(end);
        if (end > offset) file.bytes.set(bytes.subarray(0, end - offset), offset);
        if (end < offset + bytes.length) throw diskFull();
      },
      async truncate(sizeBytes) {
        mustBeOpen();
        directory.#claim(sizeBytes - file.bytes.length);
        resize(sizeBytes);
      },
      async flush() {
        mustBeOpen();
      },
      close() {
        if (isOpen) file[count]--;
        isOpen = false;
      },
    };
  }

  #claim(bytes: number) {
    if (bytes > 0 && this.usedBytes + bytes > this.capacityBytes) throw diskFull();
  }
}

function diskFull(): DOMException {
  return new DOMException('The disk is full.', 'QuotaExceededError');
}

interface MemoryFile {
  bytes: Uint8Array<ArrayBuffer>;
  readers: number;
  writers: number;
}
