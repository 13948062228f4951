import type { Metadata } from '../gguf/metadata.ts';

/** A family's part of the metadata, by keys without its prefix. Remembers which were asked for. */
export class FamilyMetadata {
  readonly #asked = new Set<string>();

  constructor(
    private readonly metadata: Metadata,
    private readonly prefix: string,
  ) {}

  /** The key as the file has it. */
  key(name: string): string {
    this.#asked.add(name);
    return `${this.prefix}.${name}`;
  }

  value(name: string): unknown {
    return this.metadata.entries.get(this.key(name))?.value;
  }

  string<T = never>(name: string, ...fallback: [T?]): string | T {
    return this.metadata.string(this.key(name), ...fallback);
  }

  integer<T = never>(name: string, ...fallback: [T?]): number | T {
    return this.metadata.integer(this.key(name), ...fallback);
  }

  number<T = never>(name: string, ...fallback: [T?]): number | T {
    return this.metadata.number(this.key(name), ...fallback);
  }

  /** The file's keys that nobody has asked for. */
  notAsked(): string[] {
    const start = `${this.prefix}.`;
    return [...this.metadata.entries.keys()].filter(
      (key) => key.startsWith(start) && !this.#asked.has(key.slice(start.length)),
    );
  }
}
