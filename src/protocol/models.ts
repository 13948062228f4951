/** A model as a page that may use it sees it. */
export interface ModelSummary {
  id: string;
  name: string;
  /** Tokens that prompt and answer may have together. */
  contextLength: number;
  /** What computes it on this machine. */
  backend: Backend;
  chat: boolean;
  /** Values of the vectors that it makes of texts; undefined for models that write text. */
  dimensions: number | undefined;
}

/** What a model is for: talks by turns, going on with a text, vectors of texts, or tasks of `hearth.pipeline`. */
export type ModelMakes = 'chat' | 'text' | 'embeddings' | 'tasks';

export type Backend = 'webgpu' | 'wasm';

/** A model as the user's own screens see it. */
export interface ModelInfo {
  id: string;
  name: string;
  source: 'bundled' | 'catalog' | 'file' | 'url' | 'hub' | 'folder';
  state: 'available' | 'downloading' | 'paused' | 'ready';
  sizeBytes: number;
  /** Never removed to make room. Absent: no. */
  isPinned?: boolean;
  /** When it was last loaded, milliseconds since 1970; absent where it is not on this disk. */
  lastUsedAt?: number;
  /** Bytes on this disk: less than `sizeBytes` while a download is under way. */
  storedBytes: number;
  /** Where it is downloaded from; absent for bundled models and dropped files. */
  url?: string;
  /** A sentence for people who choose a model. */
  about?: string;
  licence: string | undefined;
  contextLength: number | undefined;
  /** Absent until its file has been read. */
  makes?: ModelMakes;
  /** Weights, KV cache and activations at the default context, in bytes. */
  memoryBytes: number | undefined;
  /** Why this model will not run, if it will not. */
  problem: string | undefined;
  /** True if this very file has been run by the people who listed it. */
  tried: boolean;
}

/** One file that users may download, as `models/catalog/*.json` holds it. */
export interface CatalogEntry {
  id: string;
  name: string;
  url: string;
  revision: string;
  quant: string;
  sizeBytes: number;
  sha256: string | null;
  licence: string;
  contextLength: number;
  memoryBytes: number;
  parameters: string;
  about: string;
  tried: boolean;
}

export interface DownloadProgress {
  model: string;
  receivedBytes: number;
  sizeBytes: number;
  bytesPerSecond: number;
  phase: 'downloading' | 'verifying';
}

export interface LoadProgress {
  model: string;
  phase: 'reading' | 'uploading' | 'compiling';
  doneBytes: number;
  totalBytes: number;
}
