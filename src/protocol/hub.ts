/** What the user looks for on the hub. */
export interface HubSearch {
  text: string;
  /** As the hub names it: `apache-2.0`. Undefined: any. */
  licence: string | undefined;
  /** Files that are larger are left out. */
  maxBytes: number | undefined;
}

/** A repository with the GGUF models in it, the smallest first. */
export interface HubRepository {
  id: string;
  licence: string | undefined;
  downloads: number;
  /** Its files are given only to those who have accepted its terms: with their token. */
  isGated: boolean;
  models: HubModel[];
}

export interface HubModel {
  /** What it is called within its repository: `Q4_K_M`, or the file's name. */
  name: string;
  /** Of its file, or of the first of several. */
  url: string;
  /** Of all its files. */
  sizeBytes: number;
  files: number;
  /** Of the hub's record of the file; undefined where there are several. */
  sha256: string | undefined;
  /** Guessed from the size: weights, and a tenth for the rest. */
  memoryBytes: number;
}

/** The hub that the user has chosen, and what it is to know them by. Lives as long as one call. */
export interface HubAccess {
  origin: string;
  authorization: string | undefined;
}

/** What screens may know of the user's token. */
export interface HubState {
  hub: string;
  hasToken: boolean;
}

export const DEFAULT_HUB = 'https://huggingface.co';

/** The origin of a hub at an address that was typed; undefined if there can be none. Over plain http only on this machine: a token must not be read on its way. */
export function hubOrigin(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const { protocol, hostname, origin, href } = new URL(address);
  const isHere = protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  return href === `${origin}/` && (protocol === 'https:' || isHere) ? origin : undefined;
}

export const MAX_HUB_TOKEN_CHARS = 512;
export const MAX_HUB_RESULTS = 12;
export const MAX_HUB_FILES = 2_000;
