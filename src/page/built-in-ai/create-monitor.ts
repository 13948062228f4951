import { checkKey, defineHandler, key } from './interface.ts';

/** `loaded` goes in steps of this. */
const STEPS = 0x10000;

export class CreateMonitor extends EventTarget {
  constructor(given: unknown = undefined) {
    super();
    checkKey(given);
  }
}
defineHandler(CreateMonitor, 'downloadprogress');

/** Hands a monitor to the author's callback, and gives what tells it of progress, 0 to 1, until `signal` aborts. */
export function monitored(
  callback: ((monitor: CreateMonitor) => unknown) | undefined,
  signal: AbortSignal | undefined,
): (part: number) => void {
  if (!callback) return () => {};
  const monitor = new CreateMonitor(key);
  callback(monitor);

  let last = -1;
  return (part) => {
    const loaded = Math.floor(part * STEPS) / STEPS;
    if (signal?.aborted || loaded <= last) return;
    last = loaded;
    const event = new ProgressEvent('downloadprogress', { lengthComputable: true, loaded, total: 1 });
    monitor.dispatchEvent(event);
  };
}
