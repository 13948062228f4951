import type { Frame } from '../protocol/frames.ts';

/** True if a stranger's message has the shape of a frame. What it carries has yet to be parsed. */
export function isFrame(message: unknown): message is Frame {
  if (!hasId(message) || !('kind' in message)) return false;
  switch (message.kind) {
    case 'call':
      return 'name' in message && typeof message.name === 'string';
    case 'fail':
      return (
        'code' in message &&
        typeof message.code === 'string' &&
        'message' in message &&
        typeof message.message === 'string'
      );
    case 'part':
    case 'read':
    case 'done':
    case 'cancel':
      return true;
    default:
      return false;
  }
}

/** True if there is a call that an answer could name. */
export function hasId(message: unknown): message is { id: number } {
  return (
    typeof message === 'object' && message !== null && 'id' in message && Number.isSafeInteger(message.id)
  );
}
