import type { AnswerFormat } from '../part.ts';
import { type Bare, type Section, SectionReader } from '../section-reader.ts';

interface Traits extends Pick<AnswerFormat, 'calls' | 'text'> {
  /** Calls that no mark tells from text. */
  bare?: Bare;
}

export const THINK: Section = { kind: 'reasoning', open: '<think>', close: '</think>' };

/** A format whose answers are sections between marks. */
export function sections(
  name: string,
  clues: readonly string[],
  parts: readonly Section[],
  { bare, ...traits }: Traits = {},
): AnswerFormat {
  const thoughts = parts.find((part) => part.kind === 'reasoning');
  return {
    name,
    clues,
    marks: parts.flatMap((part) =>
      'close' in part
        ? [part.open, part.close]
        : [part.open, part.kind === 'json' ? (part.lead ?? part.open) : part.open],
    ),
    newReader: (options) => new SectionReader(parts, options, bare),
    ...(thoughts ? { thoughts: { open: thoughts.open, close: thoughts.close, next: '' } } : {}),
    ...traits,
  };
}

/** Text, and perhaps thoughts before it: what is left where a family has no tools. */
export const think = sections('think', [], [THINK]);
