/** Time, passed in: milliseconds of this machine alone. No two machines' clocks are ever compared. */
export interface Clock {
  now(): number;
  /** Calls back once, unless the returned function is called first. */
  after(ms: number, callback: () => void): () => void;
}

/** In [0, 1), passed in. */
export type Random = () => number;
