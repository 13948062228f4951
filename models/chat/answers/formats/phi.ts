import { jsonCalls, jsonList } from '../calls.ts';
import { sections, THINK } from './think.ts';

/** Phi 4 mini's and Granite's: a list of JSON behind a mark, or behind the word `functools`. */
export const phi = sections(
  'phi',
  ['<|tool_call|>', 'functools'],
  [
    THINK,
    { kind: 'json', open: '<|tool_call|>', read: jsonCalls },
    { kind: 'mark', open: '<|/tool_call|>' },
    { kind: 'json', open: 'functools', read: jsonCalls },
  ],
  {
    calls: (template) =>
      template?.includes('<|tool_call|>') === false
        ? jsonList('functools', ']', 'arguments')
        : jsonList(
            '<|tool_call|>',
            template?.includes('<|/tool_call|>') ? ']<|/tool_call|>' : ']',
            'arguments',
          ),
  },
);
