import type { Correction } from '../../protocol/built-in-ai.ts';

/** Beyond so many words the table of all pairs would be too big: the changed middle is then one correction. */
const MAX_CELLS = 4_000_000;

type Types = NonNullable<Correction['types']>;

/** What turned a text into its corrected form: changed stretches of words, with places in UTF-16 units of the text. */
export function corrections(before: string, after: string): Correction[] {
  const [a, b] = [wordsOf(before), wordsOf(after)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++;

  const offsets = [0];
  for (const word of a) offsets.push(offsets.at(-1)! + word.length);
  const changes = changedSpans(a.slice(start, a.length - end), b.slice(start, b.length - end));
  return changes.map(({ from, to, words }) => ({
    startIndex: offsets[start + from]!,
    endIndex: offsets[start + to]!,
    correction: words.join(''),
  }));
}

/** Words, the white space between them, and each other sign by itself: together they are the text. */
function wordsOf(text: string): string[] {
  return text.match(/[\p{L}\p{N}\p{M}'’]+|\s+|[^\p{L}\p{N}\p{M}\s'’]/gu) ?? [];
}

interface Span {
  from: number;
  to: number;
  words: string[];
}

/** By the longest common subsequence. */
function changedSpans(a: string[], b: string[]): Span[] {
  if (a.length === 0 && b.length === 0) return [];
  if (a.length * b.length > MAX_CELLS) return [{ from: 0, to: a.length, words: b }];

  const width = b.length + 1;
  const common = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i * width + j] =
        a[i] === b[j]
          ? common[(i + 1) * width + j + 1]! + 1
          : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);

  const spans: Span[] = [];
  let open: Span | undefined;
  const span = (i: number) => {
    open ??= { from: i, to: i, words: [] };
    return open;
  };
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      if (open) spans.push(open);
      open = undefined;
      i++;
      j++;
    } else if (i < a.length && (j === b.length || common[(i + 1) * width + j]! >= common[i * width + j + 1]!))
      span(i).to = ++i;
    else span(i).words.push(b[j++]!);
  }
  if (open) spans.push(open);
  return spans;
}

/** What kind of mistake a correction mends, judged by the difference itself. */
export function typesOf(before: string, after: string): Types {
  const types: Types = [];
  const letters = (text: string) => text.replace(/[^\p{L}\p{N}\p{M}]+/gu, '');
  const signs = (text: string) => text.replace(/[\p{L}\p{N}\p{M}\s]+/gu, '');
  const [a, b] = [letters(before), letters(after)];
  if (signs(before) !== signs(after)) types.push('punctuation');
  if (a !== b) {
    if (a.toLowerCase() === b.toLowerCase())
      types.push(/\s/.test(before.trim()) ? 'grammar' : 'capitalization');
    else types.push(isMisspelling(before.trim(), after.trim()) ? 'spelling' : 'grammar');
  }
  return types.length > 0 ? types : ['grammar'];
}

/** One word for another that is spelt alike. */
function isMisspelling(before: string, after: string): boolean {
  if (!before || !after || /\s/.test(before) || /\s/.test(after)) return false;
  return distance(before.toLowerCase(), after.toLowerCase()) <= Math.max(1, Math.floor(after.length / 3));
}

/** Levenshtein's, with a swap of neighbours as one step. */
function distance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) =>
    Array.from({ length: b.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0)),
  );
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let least = Math.min(
        rows[i - 1]![j]! + 1,
        rows[i]![j - 1]! + 1,
        rows[i - 1]![j - 1]! + (isSame ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, rows[i - 2]![j - 2]! + 1);
      rows[i]![j] = least;
    }
  return rows[a.length]![b.length]!;
}
