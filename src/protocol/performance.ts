import type { Lane } from './generate.ts';

/** How the engine has done lately, and on what. */
export interface PerformanceFacts {
  /** The GPU; undefined where WebAssembly computes. */
  gpu: GpuFacts | undefined;
  /** GPU time of each lane as a share of the last ten seconds, 0–1. */
  lanes: Record<Lane, number>;
  /** Ended answers, the latest first. Those of private windows are not kept. */
  answers: EndedAnswer[];
}

export interface GpuFacts {
  vendor: string;
  architecture: string;
  /** A CPU plays the GPU. */
  isSoftware: boolean;
  /** Without them no kernel's time is known. */
  hasTimestamps: boolean;
  /** Threads of the smallest and the largest subgroup; undefined where shaders have none. */
  subgroup: { min: number; max: number } | undefined;
  /** Arithmetic in f16, which Hearth uses only where it is asked for, and of four int8 at once. */
  hasF16: boolean;
  hasInt8: boolean;
  workgroupBytes: number;
  bindingBytes: number;
}

export interface EndedAnswer {
  model: string;
  origin: string;
  lane: Lane;
  /** Milliseconds since it ended. */
  agoMs: number;
  promptTokens: number;
  /** Of those, what the cache had. */
  cachedTokens: number;
  completionTokens: number;
  /** From the call to the first token. */
  firstTokenMs: number;
  /** After the first token; 0 where there was only one. */
  tokensPerSecond: number;
}

/** A token of an answer, or tokens of a prompt: as many as a step takes if absent. Before them are `depth`, none if absent. */
export type MeasuredStep =
  | { kind: 'answer'; depth: number }
  | { kind: 'prompt'; depth?: number; rows?: number };

export interface ProfileInput {
  model: string;
  step: MeasuredStep;
}

export type ProfileProgress =
  /** For answers under way, or for a model that is being loaded where there are none. */
  { phase: 'waiting'; answers: number } | { phase: 'measuring'; done: number; of: number };

/** What the kernels of a step take, and what the adapter can do at best. */
export interface Profile {
  model: string;
  adapter: string;
  step: MeasuredStep;
  /** Tokens that the step computes. */
  rows: number;
  /** Which kernels suit this adapter, by what they differ in. */
  variants: Record<string, string>;
  /** The whole step on the GPU, in microseconds. */
  stepUs: number;
  ceilings: Ceilings;
  /** The slowest first. */
  kernels: KernelTime[];
}

/** Measured on the adapter, a second. */
export interface Ceilings {
  /** Read and written by a copy of `copiedBytes`. */
  bytesPerSecond: number;
  copiedBytes: number;
  /** Multiplications and additions in f32. */
  operationsPerSecond: number;
  /** The same of int8; undefined where no kernel uses them. */
  integerOperationsPerSecond: number | undefined;
}

/** All dispatches of one kernel in a step. */
export interface KernelTime {
  kernel: string;
  dispatches: number;
  us: number;
  /** What they have to read and write at least, and to calculate; undefined where the kernel does not say. */
  cost: { bytes: number; operations: number; isInteger: boolean } | undefined;
}
