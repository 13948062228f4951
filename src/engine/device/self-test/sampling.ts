import {
  maskWords,
  packSampler,
  SCRATCH_BYTES,
  samplePick,
  sampleParts,
  sampleScan,
} from '../../../../kernels/sample/sample.ts';
import { GREEDY } from '../../../protocol/generate.ts';
import type { Gpu } from '../../gpu/gpu.ts';
import type { Variants } from '../variants.ts';
import { compute, use } from './compute.ts';

const VOCAB = 3001;
const BEST = 2347;

/** The greedy choice, and its log-probability. */
export async function sampling(gpu: Gpu, { sampleThreads: threads }: Variants): Promise<boolean> {
  const logits = Float32Array.from({ length: VOCAB }, (_, i) => (i === BEST ? 6 : 5 * Math.sin(i)));
  const shape = { outputs: 1, vocab: VOCAB, threads, parts: sampleParts(VOCAB, threads) };
  const contents = {
    outputs: Uint32Array.of(0, 5, 0, 0),
    samplers: packSampler(GREEDY),
    logits,
    masks: maskWords(VOCAB) * 4,
    counts: VOCAB * 4,
    scratch: SCRATCH_BYTES,
    sampled: 4,
    results: 8,
  };
  const read = ['outputs', 'samplers', 'logits', 'masks', 'counts', 'scratch'] as const;
  const results = await compute(
    gpu,
    contents,
    [use(sampleScan, shape, read), use(samplePick, shape, [...read, 'sampled', 'results'] as const)],
    'results',
  );
  const expected = 6 - Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  const [id] = new Uint32Array(results);
  return id === BEST && Math.abs(new Float32Array(results)[1]! - expected) < 1e-2;
}
