interface Owned {
  destroy(): void;
}

/** What `make` makes. When it fails, all that it has handed to `own` until then is destroyed. */
export async function allOrNothing<T>(
  make: (own: <O extends Owned>(made: O) => O) => Promise<T>,
): Promise<T> {
  const made: Owned[] = [];
  try {
    return await make((one) => {
      made.push(one);
      return one;
    });
  } catch (error) {
    for (const one of made) one.destroy();
    throw error;
  }
}
