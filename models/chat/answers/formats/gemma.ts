import { pythonOrJsonCalls } from '../calls.ts';
import { sections, THINK } from './think.ts';

/** Gemma's: Python in a fence that says so. */
export const gemma = sections(
  'gemma',
  ['<start_of_turn>'],
  [THINK, { kind: 'calls', open: '```tool_code\n', close: '```', read: pythonOrJsonCalls }],
);
