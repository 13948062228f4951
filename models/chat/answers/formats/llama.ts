import { jsonSequence, namedCall, type ReadCalls } from '../calls.ts';
import { pythonCalls } from '../pythonic.ts';
import type { Bare } from '../section-reader.ts';
import { sections, THINK } from './think.ts';

const read: ReadCalls = (body) => jsonSequence(body) ?? pythonCalls(body);

/** `<function=name>{…}</function>` */
const tagged: ReadCalls = (body) => {
  const end = body.indexOf('>');
  const call = end < 0 ? undefined : namedCall(body.slice(0, end), body.slice(end + 1));
  return call && [call];
};

/** How a whole answer of JSON, or of Python's calls, can begin. */
const BEGINNINGS = ['{"name":', '{"type":"function"', '{"function":', '{"id":', '[{"name":'];

const bare: Bare = {
  mayBe(answer) {
    const beginning = answer.slice(0, 256).replace(/\s+/g, '');
    const isJson = BEGINNINGS.some((known) => known.startsWith(beginning) || beginning.startsWith(known));
    return isJson || /^\[(?:[A-Za-z_][\w.]*(?:\(.*)?)?$/.test(beginning);
  },
  read,
};

/** Llama 3 and 4's: JSON behind `<|python_tag|>` or alone, and Python's calls in a list. */
export const llama = sections(
  'llama',
  ['<|python_tag|>', '<|start_header_id|>', '<|header_start|>'],
  [
    THINK,
    { kind: 'calls', open: '<|python_tag|>', close: '<|eom_id|>', read },
    { kind: 'calls', open: '<|python_start|>', close: '<|python_end|>', read },
    { kind: 'calls', open: '<function=', close: '</function>', read: tagged },
  ],
  {
    bare,
    calls: () => ({
      open: '',
      begin: '',
      between: '; ',
      end: '',
      before: (name) => `{"name": ${JSON.stringify(name)}, "parameters": `,
      after: '}',
    }),
  },
);
