import { expect, test, vi } from 'vitest';
import { systemTime } from './time.ts';

test('a wait ends when its time has come, or at once when it is aborted', async () => {
  vi.useFakeTimers();
  try {
    const controller = new AbortController();
    const done = systemTime.wait(1000, controller.signal);
    await vi.advanceTimersByTimeAsync(1000);
    await done;

    const stopped = systemTime.wait(1000, controller.signal);
    controller.abort();
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
    await expect(systemTime.wait(1000, controller.signal)).rejects.toMatchObject({ code: 'cancelled' });
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
