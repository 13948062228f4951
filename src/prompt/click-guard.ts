import { type ReadonlySignal, signal } from '@preact/signals';

/**
 * A page can make the prompt open under a click or a key press that was meant for the page. So answers are taken
 * only after the window has been in view for this long, counted again whenever it comes back to the front.
 */
export const GUARD_MS = 700;

export interface ClickGuard {
  isOpen: ReadonlySignal<boolean>;
  restart: () => void;
}

export function createClickGuard(wait: (ms: number) => Promise<void>): ClickGuard {
  const isOpen = signal(false);
  let round = 0;

  async function restart(): Promise<void> {
    const mine = ++round;
    isOpen.value = false;
    await wait(GUARD_MS);
    if (mine === round) isOpen.value = true;
  }
  void restart();
  return { isOpen, restart: () => void restart() };
}
