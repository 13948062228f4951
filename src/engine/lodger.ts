/**
 * What lies in the machine's memory beside the engine's models, and is computed on the same device: it counts against the
 * user's cap, and is asked to leave where it is idle and something else needs the room.
 */
export interface Lodger {
  readonly bytes: number;
  /** By the engine's clock. */
  readonly usedAt: number;
  readonly isIdle: boolean;
  leave(): Promise<void>;
}
