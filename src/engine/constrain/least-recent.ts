/** Keeps what was made last for whoever asks for it again. */
export class LeastRecent<Key, Value> {
  readonly #values = new Map<Key, Value>();

  constructor(
    private readonly most: number,
    private readonly drop: (value: Value) => void,
  ) {}

  /** The value of a key, made if it is not there. One that fails is not kept. */
  get(key: Key, make: () => Value): Value {
    const value = this.#values.get(key) ?? make();
    this.#values.delete(key);
    this.#values.set(key, value);
    if (value instanceof Promise) value.catch(() => this.#values.delete(key));
    if (this.#values.size > this.most) this.#dropOldest();
    return value;
  }

  clear(): void {
    while (this.#values.size > 0) this.#dropOldest();
  }

  #dropOldest(): void {
    const [key, value] = this.#values.entries().next().value!;
    this.#values.delete(key);
    this.drop(value);
  }
}
