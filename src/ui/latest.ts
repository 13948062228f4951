/**
 * Saves the newest value, one save at a time: what came while a save was under way is skipped but for the last.
 * A slider that is dragged thus saves as fast as storage takes it, and ends with what the user let go of.
 */
export function latest<T>(save: (value: T) => Promise<void>): (value: T) => void {
  let next: { value: T } | undefined;
  let isSaving = false;

  return (value) => {
    next = { value };
    if (!isSaving) void drain();
  };

  async function drain(): Promise<void> {
    isSaving = true;
    while (next) {
      const { value } = next;
      next = undefined;
      await save(value);
    }
    isSaving = false;
  }
}
