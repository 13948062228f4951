import type { BuiltInChoice } from './built-in-ai.ts';
import { DEFAULT_HUB } from './hub.ts';

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
  /** Bytes on disk that texts which the cache held may take, all sites together; 0: none is saved. */
  savedTextBytes: number;
  mesh: MeshSettings;
  /** Where models are searched and come from: an origin that speaks Hugging Face's API. */
  hub: string;
  /** Bytes that models may take on the disk; 0 for as many as it has. */
  diskBytes: number;
}

/** How this machine takes part in a room. The room itself is remembered beside, since leaving it wipes its secret. */
export interface MeshSettings {
  /** What other machines call this one. */
  name: string;
  share: {
    isOn: boolean;
    /** Percent of the GPU's time that others may take. */
    gpuPercent: number;
    memoryBytes: number;
    when: 'always' | 'idle' | 'power';
  };
  /** Who may join: whoever has the code, or only machines that were here before. */
  admits: 'code' | 'known';
  /** Nothing outside the local network is contacted. */
  isLanOnly: boolean;
  /** Who brings machines together: nobody, PeerJS's own server on the internet, or one at this address. */
  signalling: { kind: 'none' } | { kind: 'cloud' } | { kind: 'server'; address: string };
  /** Origins whose words never leave this machine. */
  staysHere: string[];
}

export const BUNDLED_MODEL = 'hearthside';

export const DEFAULT_SETTINGS: Settings = {
  caps: { gpuPercent: 80, memoryBytes: 4 * 2 ** 30 },
  defaultModel: BUNDLED_MODEL,
  builtIn: 'ask',
  hub: DEFAULT_HUB,
  diskBytes: 0,
  savedTextBytes: 2 ** 30,
  mesh: {
    name: 'This machine',
    share: { isOn: false, gpuPercent: 50, memoryBytes: 2 * 2 ** 30, when: 'always' },
    admits: 'code',
    isLanOnly: true,
    signalling: { kind: 'none' },
    staysHere: [],
  },
};

export const MAX_MACHINE_NAME_CHARS = 24;
export const MAX_SITES_HERE = 1_000;

export const GPU_PERCENT_RANGE = { min: 5, max: 100 } as const;
export const DISK_BYTES_RANGE = { min: 0, max: 1024 * 2 ** 40 } as const;
export const SAVED_TEXT_BYTES_RANGE = { min: 0, max: 2 ** 40 } as const;
export const MEMORY_BYTES_RANGE = { min: 16 * 2 ** 20, max: 1024 * 2 ** 30 } as const;
