import type { ByteSource } from './header-bytes.ts';

/** The files of a model in several parts as one: its bytes are theirs, one behind the other. */
export function joinSources(sources: readonly ByteSource[]): ByteSource {
  const [only] = sources;
  if (only && sources.length === 1) return only;
  const partSizes = sources.map(({ size }) => size);
  const hasBlobs = sources.every(({ blob }) => blob);
  return {
    size: partSizes.reduce((sum, size) => sum + size, 0),
    partSizes,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      let start = 0;
      for (const source of sources) {
        const from = Math.max(offset, start);
        const to = Math.min(offset + length, start + source.size);
        if (from < to) bytes.set(await source.read(from - start, to - from), from - offset);
        start += source.size;
      }
      return bytes;
    },
    async close() {
      for (const source of sources) await source.close?.();
    },
    blob: hasBlobs
      ? async () => new Blob(await Promise.all(sources.map((source) => source.blob!())))
      : undefined,
  };
}

/** Each file of a model in several parts, and where it starts in the whole. */
export function partsOf(source: ByteSource): { start: number; file: ByteSource }[] {
  let end = 0;
  return (source.partSizes ?? [source.size]).map((size) => {
    const start = end;
    end += size;
    return { start, file: { size, read: (offset, length) => source.read(start + offset, length) } };
  });
}
