import type { AnswerFormat } from '../../../models/chat/answers/index.ts';
import { literal } from './rules.ts';

/** How a model thinks before it answers; `isOpen`: it has begun to already. */
export type Thoughts = NonNullable<AnswerFormat['thoughts']> & { isOpen: boolean };

/** What stands before the text of an answer, and is no part of it. */
export interface Lead {
  thoughts?: Thoughts | undefined;
  /** What a family writes before each text; empty where there is nothing. */
  text: string;
}

/** White space between thoughts and what follows them. */
const SPACE = '[ \\n]{0,2}';

/** Thoughts, whatever they say, up to where the answer begins. `add` makes a rule of a body and says its name. */
export function thoughtsGrammar(
  { open, close, next, isOpen }: Thoughts,
  add: (body: string) => string,
): string {
  const rest = add(`TagDispatch(stop_eos=false, stop_str=(${literal(close)}), loop_behinddispatch=false)`);
  const thought = `${rest} ${SPACE} ${literal(next)}`;
  return isOpen ? thought : `(${literal(open)} ${thought})?`;
}

/** A grammar of texts, as one of answers that have something before it. */
export function behindLead(grammar: string, { thoughts, text }: Lead): string {
  const rules: string[] = [];
  const add = (body: string) => {
    rules.push(`lead_of_text ::= ${body}`);
    return 'lead_of_text';
  };
  const before = [...(thoughts ? [thoughtsGrammar(thoughts, add)] : []), ...(text ? [literal(text)] : [])];
  return [`root ::= ${[...before, 'text_of_answer'].join(' ')}`, ...rules, renamed(grammar)].join('\n');
}

/** Texts, classes, comments, names: only the last can name a rule. */
const LEXEMES = /"(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\]|#.*|[A-Za-z_][\w.-]*/g;

/** With another name for its root. */
function renamed(grammar: string): string {
  return grammar.replace(LEXEMES, (lexeme) => (lexeme === 'root' ? 'text_of_answer' : lexeme));
}
