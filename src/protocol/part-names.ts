import { MAX_MODEL_PARTS } from './limits.ts';

/** How a file is named that is one of several: `name-00002-of-00003.gguf`. */
const PART = /-(\d{5})-of-(\d{5})(?=\.gguf$)/i;

export interface PartName {
  /** From 1. */
  number: number;
  count: number;
}

/** Which part of how many a file is by its name or path; undefined for a file that is whole. */
export function partOf(name: string): PartName | undefined {
  const [, number, count] = (PART.exec(name) ?? []).map(Number);
  if (!number || !count || number > count || count === 1 || count > MAX_MODEL_PARTS) return undefined;
  return { number, count };
}

/** The names of all parts in order, from the name of any of them; of a whole file, its own. */
export function allPartNames(name: string): string[] {
  const part = partOf(name);
  if (!part) return [name];
  const digits = (value: number) => String(value).padStart(5, '0');
  return Array.from({ length: part.count }, (_, i) =>
    name.replace(PART, `-${digits(i + 1)}-of-${digits(part.count)}`),
  );
}

/** `name.gguf` of `name-00002-of-00003.gguf`. */
export function withoutPart(name: string): string {
  return partOf(name) ? name.replace(PART, '') : name;
}

/** The files of each model, in order, where some of them are models in several; and the names of parts that are not there. */
export function groupParts<Named extends { name: string }>(
  files: Iterable<Named>,
): { files: Named[]; missing: string[] }[] {
  const byName = new Map([...files].map((file) => [file.name, file]));
  const firsts = new Set([...byName.keys()].map((name) => allPartNames(name)[0]!));
  return [...firsts].map((first) => {
    const names = allPartNames(first);
    return {
      files: names.flatMap((name) => byName.get(name) ?? []),
      missing: names.filter((name) => !byName.has(name)),
    };
  });
}
