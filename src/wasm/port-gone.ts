import { HearthError } from '../protocol/errors.ts';

/** Resolves when the port's other end was closed, or whoever held it has gone. Chrome tells since 122. */
export function portGone(port: MessagePort): Promise<HearthError> {
  return new Promise((resolve) =>
    port.addEventListener('close', () =>
      resolve(new HearthError('gone', 'The other half of the WebAssembly engine has stopped. Try again.')),
    ),
  );
}
