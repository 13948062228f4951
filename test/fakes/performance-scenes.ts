import type { KernelTime, PerformanceFacts, Profile } from '../../src/protocol/performance.ts';

const GB = 1e9;

export const someFacts: PerformanceFacts = {
  gpu: {
    vendor: 'nvidia',
    architecture: 'ada',
    isSoftware: false,
    hasTimestamps: true,
    subgroup: { min: 32, max: 32 },
    hasF16: false,
    hasInt8: true,
    workgroupBytes: 49_152,
    bindingBytes: 2 ** 31 - 4,
  },
  lanes: { interactive: 0.41, bulk: 0.12, guest: 0.003 },
  answers: [
    {
      model: 'llama-3.2-1b',
      origin: 'https://notes.example.com',
      lane: 'interactive',
      agoMs: 4_000,
      promptTokens: 412,
      cachedTokens: 380,
      completionTokens: 187,
      firstTokenMs: 31.4,
      tokensPerSecond: 212.6,
    },
    {
      model: 'hearthside',
      origin: 'https://accounts.google.com.signin.a-very-long-host-name-that-will-not-fit.example.net',
      lane: 'bulk',
      agoMs: 190_000,
      promptTokens: 31,
      cachedTokens: 0,
      completionTokens: 1,
      firstTokenMs: 1_840,
      tokensPerSecond: 0,
    },
  ],
};

const kernel = (
  kernel: string,
  dispatches: number,
  us: number,
  bytes: number,
  operations: number,
  isInteger = false,
): KernelTime => ({ kernel, dispatches, us, cost: { bytes, operations, isInteger } });

/** A token of an answer on a GPU that copies 450 GB a second. */
export const someProfile: Profile = {
  model: 'llama-3.2-1b',
  adapter: 'NVIDIA GeForce RTX 4070',
  step: { kind: 'answer', depth: 256 },
  rows: 1,
  variants: { arithmetic: 'f32', integers: 'dp4a', team: 'subgroup', attention: 'subgroup', kv: 'f16' },
  stepUs: 2_240,
  ceilings: {
    bytesPerSecond: 450 * GB,
    copiedBytes: 2 ** 28,
    operationsPerSecond: 27e12,
    integerOperationsPerSecond: 102e12,
  },
  kernels: [
    kernel('gate-up Q4_0 dp4a subgroup normed', 16, 880, 302e6, 1.07e9, true),
    kernel('mat-vec Q4_0 dp4a subgroup plain', 33, 720, 245e6, 0.87e9, true),
    kernel('mat-vec Q4_0 dp4a subgroup normed', 16, 260, 57e6, 0.2e9, true),
    kernel('attention-decode-turning-subgroup-f16', 16, 130, 8.4e6, 34e6),
    { kernel: 'a kernel that says nothing of its work', dispatches: 1, us: 40, cost: undefined },
    kernel('sample-scan', 1, 12, 513e3, 770e3),
    kernel('sample-pick', 1, 6, 1_536, 256),
    kernel('embedding Q6_K', 1, 3, 9_900, 2_048),
  ],
};
