/**
 * Saves the newest value, one save at a time: what came while a save was under way is skipped but for the last.
 * Resolves when nothing is left to save. A slider that is dragged thus saves as fast as storage takes it, and ends with what the user let go of.
 */
export function latest<T>(save: (value: T) => Promise<void>): (value: T) => Promise<void> {
  let next: { value: T } | undefined;
  let saving: Promise<void> | undefined;

  return (value) => {
    next = { value };
    saving ??= drain();
    return saving;
  };

  async function drain(): Promise<void> {
    while (next) {
      const { value } = next;
      next = undefined;
      await save(value);
    }
    saving = undefined;
  }
}
