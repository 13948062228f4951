import { jsonCalls, jsonList, type ReadCalls } from '../calls.ts';
import type { Call } from '../part.ts';
import { sections } from './think.ts';

/** A list of JSON, in which `directly_answer` says that there is nothing to call. */
const read: ReadCalls = (body) => {
  const calls = jsonCalls(body);
  return calls?.filter(({ name }: Call) => name !== 'directly_answer' && name !== 'directly-answer');
};

export const commandR = sections(
  'command-r',
  ['<|START_ACTION|>', '<|START_OF_TURN_TOKEN|>'],
  [
    { kind: 'reasoning', open: '<|START_THINKING|>', close: '<|END_THINKING|>' },
    { kind: 'calls', open: '<|START_ACTION|>', close: '<|END_ACTION|>', read },
    { kind: 'calls', open: 'Action: ```json', close: '```', read },
    { kind: 'calls', open: 'Action:```json', close: '```', read },
    { kind: 'mark', open: '<|START_RESPONSE|>' },
    { kind: 'mark', open: '<|END_RESPONSE|>' },
  ],
  {
    text: '<|START_RESPONSE|>',
    calls: (template) =>
      template?.includes('<|START_ACTION|>') === false
        ? jsonList('Action: ```json', ']```', 'parameters', 'tool_name')
        : jsonList('<|START_ACTION|>', ']<|END_ACTION|>', 'parameters', 'tool_name'),
  },
);
