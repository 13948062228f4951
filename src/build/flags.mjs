// @ts-check
import { Trouble } from './trouble.mjs';

/**
 * A flag of a command. Without `takes` it is a switch.
 * @typedef {object} Flag
 * @property {string} about One line for `--help`
 * @property {string} [takes] What its value is called in `--help`
 * @property {(value: string, name: string) => unknown} [parse] Makes the value, or throws `Trouble`; the text itself if absent
 */

/**
 * Reads `--name`, `--name value` and `--name=value`. `--help` always exists.
 * @param {string[]} args
 * @param {Record<string, Flag>} flags
 * @returns {Record<string, any>} Only what was given; switches are `true`
 */
export function parseFlags(args, flags) {
  /** @type {Record<string, unknown>} */
  const given = {};
  const rest = args[Symbol.iterator]();
  for (const arg of rest) {
    const [, name = '', attached] = /^--([^=]*)(?:=(.*))?$/s.exec(arg) ?? [];
    const flag = name === 'help' ? HELP : Object.hasOwn(flags, name) && flags[name];
    if (!flag) throw new Trouble(`"${arg}" means nothing here. These flags exist:\n${usage(flags)}`);

    if (!flag.takes) {
      if (attached !== undefined) throw new Trouble(`--${name} takes no value, and got "${attached}".`);
      given[name] = true;
      continue;
    }
    const value = attached ?? rest.next().value;
    if (value === undefined) throw new Trouble(`--${name} needs a value: --${name} ${flag.takes}`);
    given[name] = flag.parse ? flag.parse(value, name) : value;
  }
  return given;
}

/** @param {Record<string, Flag>} flags */
export function usage(flags) {
  const rows = Object.entries({ ...flags, help: HELP }).map(([name, { takes, about }]) => ({
    left: takes ? `--${name} ${takes}` : `--${name}`,
    about,
  }));
  const width = Math.max(...rows.map(({ left }) => left.length));
  return rows.map(({ left, about }) => `  ${left.padEnd(width)}  ${about}`).join('\n');
}

/**
 * Makes a `parse` for whole numbers.
 * @param {number} min
 * @param {number} max
 */
export function wholeNumber(min, max) {
  return (/** @type {string} */ value, /** @type {string} */ name) => {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= min && number <= max))
      throw new Trouble(`--${name} takes a whole number from ${min} to ${max}, and got "${value}".`);
    return number;
  };
}

/** @type {Flag} */
const HELP = { about: 'shows this' };
