/** What tasks need of the machine that they share with the engine. */
export interface Machine {
  /** The engine's device and what its adapter is called; undefined where there is none to be had. */
  device(): Promise<SharedDevice | undefined>;
  /** Lets work on the device through as the user's share allows, and pays for it. */
  turn<T>(work: () => Promise<T>): Promise<T>;
  /** Makes room for a lodger that is about to grow. Fails with `out-of-memory`. */
  lodge(lodger: TaskLodger, bytes: number): Promise<void>;
  putOut(lodger: TaskLodger): void;
  /** Milliseconds. */
  now(): number;
}

export interface SharedDevice {
  device: GPUDevice;
  /** What its adapter is called. */
  adapter: string;
  /** Whether it has gone, asked by who has seen something fail. */
  hasGone(): Promise<boolean>;
}

export interface TaskLodger {
  readonly bytes: number;
  readonly usedAt: number;
  readonly isIdle: boolean;
  leave(): Promise<void>;
}
