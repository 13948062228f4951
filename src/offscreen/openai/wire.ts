import type { ApiWire, FieldFailure } from '../http.ts';

/** Chat Completions, Completions and what has no stream: events without names, and a last one that says so. */
export const openAIWire: ApiWire = {
  event: (chunk) => `data: ${JSON.stringify(chunk)}\n\n`,
  end: 'data: [DONE]\n\n',
  failure: openAIError,
  failureEvent: openAIError,
};

/** Responses: each event has the name that it also says itself. */
export const responsesWire: ApiWire = {
  event: (chunk) => `event: ${(chunk as { type: string }).type}\ndata: ${JSON.stringify(chunk)}\n\n`,
  end: '',
  failure: openAIError,
  failureEvent: (_status, { code, message, param }, chunks) => ({
    type: 'error',
    code,
    message,
    param,
    sequence_number: chunks,
  }),
};

function openAIError(status: number, { code, message, param }: FieldFailure): object {
  const type = status < 500 ? 'invalid_request_error' : 'server_error';
  return { error: { message, type, param, code } };
}
