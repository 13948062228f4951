import { classOf, PLAIN_IN_JSON } from './char-set.ts';
import type { Rules } from './rules.ts';

/** The rules that all JSON shares. */
export interface JsonRules {
  /** Between the parts of a value: what people and models write, and no more, so that no answer is all white space. */
  space: string;
  /** One character of a text: itself, or escaped. Pairs of `\u` that make one character are one. */
  char: string;
  string: string;
  any: string;
  object: string;
  array: string;
}

export function jsonRules(rules: Rules): JsonRules {
  const hex = '[0-9a-fA-F]';
  const space = rules.add('" "? | "\\n" [ \\t]{0,24}');
  const escapes = [
    '["\\\\/bfnrt]',
    `"u" ([0-9abcefABCEF] ${hex}{3} | [dD] [0-7] ${hex}{2})`,
    `"u" [dD] [89abAB] ${hex}{2} "\\\\u" [dD] [c-fC-F] ${hex}{2}`,
  ];
  const plain = classOf(PLAIN_IN_JSON);
  const escaped = rules.add(escapes.join(' | '));
  const char = rules.add(`${plain} | "\\\\" ${escaped}`);
  // One rule to the closing quote: tokens that do not leave a rule are judged when the grammar is compiled, not for each answer
  const rest = rules.reserve();
  rules.set(rest, `"\\"" | ${plain} ${rest} | "\\\\" ${escaped} ${rest}`);
  const string = rules.add(`"\\"" ${rest}`);
  const any = rules.reserve();
  const object = rules.add(
    `"{" ${space} "}" | "{" ${space} ${string} ${space} ":" ${space} ${any} (${space} "," ${space} ${string} ${space} ":" ${space} ${any})* ${space} "}"`,
  );
  const array = rules.add(
    `"[" ${space} "]" | "[" ${space} ${any} (${space} "," ${space} ${any})* ${space} "]"`,
  );
  const number = rules.add('"-"? ("0" | [1-9] [0-9]{0,14}) ("." [0-9]{1,15})? ([eE] [-+]? [0-9]{1,2})?');
  rules.set(any, `${object} | ${array} | ${string} | ${number} | "true" | "false" | "null"`);
  return { space, char, string, any, object, array };
}
