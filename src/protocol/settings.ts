import type { BuiltInChoice } from './built-in-ai.ts';

/** The user's caps. They hold from the next step on. */
export interface Caps {
  /** Percent of the GPU's time that Hearth may take, 5–100. */
  gpuPercent: number;
  /** Bytes that weights, KV cache and activations of all models together may take on the device. */
  memoryBytes: number;
}

export interface Settings {
  caps: Caps;
  /** The model that answers when a page names none. */
  defaultModel: string;
  /** Who answers sites without a choice of their own where the browser has built-in AI itself. */
  builtIn: BuiltInChoice;
}

export const BUNDLED_MODEL = 'hearthside';

export const DEFAULT_SETTINGS: Settings = {
  caps: { gpuPercent: 80, memoryBytes: 4 * 2 ** 30 },
  defaultModel: BUNDLED_MODEL,
  builtIn: 'ask',
};

export const GPU_PERCENT_RANGE = { min: 5, max: 100 } as const;
export const MEMORY_BYTES_RANGE = { min: 256 * 2 ** 20, max: 1024 * 2 ** 30 } as const;
