import {
  ALONE_POSITIONS,
  attentionDecode,
  attentionPrefill,
  attentionSimple,
  decodeLanes,
} from '../../../../kernels/attention/attention.ts';
import type { Gpu } from '../../gpu/gpu.ts';
import type { Variants } from '../variants.ts';
import { compute, isClose, use } from './compute.ts';

const POSITIONS = 13;
const DIM = 64;
const HEADS = 2;
/** All positions are in one page, the second of two. */
const PAGE = 16;

const value = (seed: number, i: number) => Math.sin(seed + i * 0.7) * 2;

/** The last positions of a text, as rows of a prompt and one by one as an answer's. */
export async function attention(gpu: Gpu, variants: Variants): Promise<boolean> {
  const isRight = async (kind: 'simple' | 'decode' | 'prefill') => {
    const rows = kind === 'decode' ? 1 : 3;
    const first = POSITIONS - rows;
    const q = Float32Array.from({ length: rows * HEADS * DIM }, (_, i) => value(1, i));
    const contents = {
      q,
      k: paged(2),
      v: paged(3),
      pages: Uint32Array.of(1, 0),
      rows: Uint32Array.from({ length: rows * 4 }, (_, i) => [7, first + (i >> 2), 0, 0][i % 4]!),
      tiles: Uint32Array.of(0, rows, 0, first),
      out: rows * HEADS * DIM * 4,
      partials: 1024,
    };
    const shape = {
      heads: HEADS,
      kvHeads: 1,
      headDim: DIM,
      page: PAGE,
      maxPages: 2,
      scale: DIM ** -0.5,
      window: 0,
    };
    const cache = ['q', 'k', 'v', 'pages'] as const;
    const dispatch = () => {
      if (kind === 'prefill')
        return use(attentionPrefill('f32'), { ...shape, tiles: 1 }, [...cache, 'tiles', 'out'] as const);
      if (variants.attention === 'simple') {
        const { threads } = variants;
        return use(attentionSimple('f32'), { ...shape, rows, threads }, [...cache, 'rows', 'out'] as const);
      }
      const lanes = decodeLanes(variants.attention, shape, variants.subgroupSize);
      return use(
        attentionDecode({ kv: 'f32', lanes, from: 'cached' }),
        {
          ...shape,
          rows,
          alonePositions: ALONE_POSITIONS,
          chunkPositions: ALONE_POSITIONS,
          mostChunks: 1,
          chunks: 1,
          subgroupSize: variants.subgroupSize,
          threads: 256,
          block: 1,
        },
        [...cache, 'rows', 'out', 'partials'] as const,
      );
    };
    const out = new Float32Array(await compute(gpu, contents, [dispatch()], 'out'));
    return isClose(out, expected(q, rows));
  };
  const kinds = variants.attention === 'simple' ? (['simple'] as const) : (['decode', 'prefill'] as const);
  return (await Promise.all(kinds.map(isRight))).every(Boolean);
}

/** (pages, 1 head, position in page, DIM), of which one page is used. */
function paged(seed: number): Float32Array<ArrayBuffer> {
  const all = new Float32Array(2 * PAGE * DIM);
  for (let i = 0; i < POSITIONS * DIM; i++) all[PAGE * DIM + i] = value(seed, i);
  return all;
}

function expected(q: Float32Array, rows: number): Float64Array {
  const out = new Float64Array(rows * HEADS * DIM);
  for (let row = 0; row < rows * HEADS; row++) {
    const visible = POSITIONS - rows + Math.floor(row / HEADS) + 1;
    const scores = Array.from({ length: visible }, (_, position) => {
      let sum = 0;
      for (let d = 0; d < DIM; d++) sum += q[row * DIM + d]! * value(2, position * DIM + d);
      return Math.exp(sum * DIM ** -0.5);
    });
    const total = scores.reduce((sum, score) => sum + score, 0);
    for (const [position, score] of scores.entries())
      for (let d = 0; d < DIM; d++) out[row * DIM + d]! += (score / total) * value(3, position * DIM + d);
  }
  return out;
}
