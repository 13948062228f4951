import { namedCall, type ReadCalls } from '../calls.ts';
import { sections, THINK } from './think.ts';

const SEPARATOR = '<|tool_call_argument_begin|>';

/** `functions.name:0`, which is the call's id too, and JSON. */
const read: ReadCalls = (body) => {
  const [id, args, ...more] = body.split(SEPARATOR).map((part) => part.trim());
  if (args === undefined || more.length > 0) return undefined;
  const name = /^(?:functions\.)?(.+?)(?::\d+)?$/.exec(id!)?.[1] ?? '';
  const call = namedCall(name, args, id);
  return call && [call];
};

export const kimi = sections(
  'kimi',
  ['<|tool_call_begin|>'],
  [
    THINK,
    { kind: 'mark', open: '<|tool_calls_section_begin|>' },
    { kind: 'calls', open: '<|tool_call_begin|>', close: '<|tool_call_end|>', read },
    { kind: 'mark', open: '<|tool_calls_section_end|>' },
    { kind: 'mark', open: SEPARATOR },
  ],
  {
    // One: its place among the calls is part of its id, and a grammar does not count
    calls: () => ({
      open: '<|tool_calls_section_begin|>',
      begin: '<|tool_calls_section_begin|>',
      end: '<|tool_calls_section_end|>',
      before: (name) => `<|tool_call_begin|>functions.${name}:0${SEPARATOR}`,
      after: '<|tool_call_end|>',
    }),
  },
);
