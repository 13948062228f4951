import { jsonList, pythonOrJsonCalls } from '../calls.ts';
import { sections, THINK } from './think.ts';

export const lfm2 = sections(
  'lfm2',
  ['<|tool_call_start|>'],
  [
    THINK,
    { kind: 'calls', open: '<|tool_call_start|>', close: '<|tool_call_end|>', read: pythonOrJsonCalls },
  ],
  { calls: () => jsonList('<|tool_call_start|>', ']<|tool_call_end|>', 'arguments') },
);
