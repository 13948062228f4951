import type { AnswerFormat } from '../part.ts';
import { type Bare, type Section, SectionReader } from '../section-reader.ts';

export const THINK: Section = { kind: 'reasoning', open: '<think>', close: '</think>' };

/** A format whose answers are sections between marks. */
export function sections(
  name: string,
  clues: readonly string[],
  parts: readonly Section[],
  bare?: Bare,
): AnswerFormat {
  return {
    name,
    clues,
    marks: parts.flatMap((part) =>
      'close' in part
        ? [part.open, part.close]
        : [part.open, part.kind === 'json' ? (part.lead ?? part.open) : part.open],
    ),
    newReader: (options) => new SectionReader(parts, options, bare),
  };
}

/** Text, and perhaps thoughts before it: what is left where a family has no tools. */
export const think = sections('think', [], [THINK]);
