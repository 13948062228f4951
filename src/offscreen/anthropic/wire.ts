import type { ApiWire } from '../http.ts';
import { newId } from '../written.ts';

/** https://docs.claude.com/en/api/errors */
const TYPES: Record<number, string> = {
  400: 'invalid_request_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
};

/** Anthropic's Messages: each event has the name that it also says itself. */
export const anthropicWire: ApiWire = {
  event: (chunk) => `event: ${(chunk as { type: string }).type}\ndata: ${JSON.stringify(chunk)}\n\n`,
  end: '',
  failure: anthropicError,
  failureEvent: anthropicError,
};

/** Its error objects have no place for a field's name: the sentence says it. */
function anthropicError(status: number, { message }: { message: string }): object {
  return {
    type: 'error',
    error: { type: TYPES[status] ?? 'api_error', message },
    request_id: newId('req_'),
  };
}
