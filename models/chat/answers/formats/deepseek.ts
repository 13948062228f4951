import { namedCall, type ReadCalls } from '../calls.ts';
import { sections, THINK } from './think.ts';

const SEPARATOR = '<｜tool▁sep｜>';

/** V3 and R1: `function<｜tool▁sep｜>name`, a fence of JSON; from V3.1 on: `name<｜tool▁sep｜>{…}`. */
const read: ReadCalls = (body) => {
  const [before, after, ...more] = body.split(SEPARATOR);
  if (after === undefined || more.length > 0) return undefined;
  const fence = /^([^\n]*)\n```(?:json)?\n/.exec(after);
  const call = fence
    ? namedCall(fence[1]!.trim(), after.slice(fence[0].length).trimEnd().replace(/```$/, ''))
    : namedCall(before!.trim(), after);
  return call && [call];
};

export const deepseek = sections(
  'deepseek',
  ['<｜tool▁calls▁begin｜>', '<｜tool▁call▁begin｜>'],
  [
    THINK,
    { kind: 'mark', open: '<｜tool▁calls▁begin｜>' },
    { kind: 'calls', open: '<｜tool▁call▁begin｜>', close: '<｜tool▁call▁end｜>', read },
    { kind: 'mark', open: '<｜tool▁calls▁end｜>' },
    // Part of a call: the decoder must show it
    { kind: 'mark', open: SEPARATOR },
  ],
  {
    calls: (template) => {
      const isOlder = template?.includes('```json');
      return {
        open: '<｜tool▁calls▁begin｜>',
        begin: '<｜tool▁calls▁begin｜>',
        between: isOlder ? '\n' : '',
        end: '<｜tool▁calls▁end｜>',
        before: (name) =>
          isOlder
            ? `<｜tool▁call▁begin｜>function${SEPARATOR}${name}\n\`\`\`json\n`
            : `<｜tool▁call▁begin｜>${name}${SEPARATOR}`,
        after: isOlder ? '\n```<｜tool▁call▁end｜>' : '<｜tool▁call▁end｜>',
      };
    },
  },
);
