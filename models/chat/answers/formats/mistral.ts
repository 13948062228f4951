import { jsonCalls, jsonList, namedCall, type ReadCalls } from '../calls.ts';
import { sections } from './think.ts';

/** A list of JSON, or `name[CALL_ID]id[ARGS]{…}`. */
const read: ReadCalls = (body) => {
  const parts = /^\s*([^[\s]+)(?:\[CALL_ID\]([^[]*))?\[ARGS\](.*)$/s.exec(body);
  if (!parts) return jsonCalls(body);
  const call = namedCall(parts[1]!, parts[3]!, parts[2]);
  return call && [call];
};

export const mistral = sections(
  'mistral',
  ['[TOOL_CALLS]'],
  [
    { kind: 'reasoning', open: '[THINK]', close: '[/THINK]' },
    { kind: 'json', open: '[TOOL_CALLS]', lead: '[ARGS]', read },
    // Stands between the two for the id of a call
    { kind: 'mark', open: '[CALL_ID]' },
  ],
  {
    // From its eleventh tokenizer on there is a mark for each call
    calls: (template) =>
      template?.includes('[ARGS]')
        ? {
            open: '[TOOL_CALLS]',
            begin: '',
            between: '',
            end: '',
            before: (name) => `[TOOL_CALLS]${name}[ARGS]`,
            after: '',
          }
        : jsonList('[TOOL_CALLS]', ']', 'arguments'),
  },
);
