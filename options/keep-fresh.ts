import type { ModelsStore } from './models-store.ts';

const EVERY_MS = 1000;

/** Reads the list, and again each second while another window downloads something. */
export async function keepFresh(
  { models, transfers, refresh }: Pick<ModelsStore, 'models' | 'transfers' | 'refresh'>,
  wait: (ms: number) => Promise<void>,
): Promise<never> {
  await refresh();
  for (;;) {
    await wait(EVERY_MS);
    const mine = new Set(transfers.value.map(({ key, progress }) => progress?.model ?? key));
    if (models.value?.some(({ id, state }) => state === 'downloading' && !mine.has(id))) await refresh();
  }
}
