import type { Adapter } from '../../../models/adapters/read-adapter.ts';
import type { TensorInfo } from '../../../models/gguf/read-gguf.ts';
import { formatOf, type MatrixLayout, matrixBytes } from '../weights/layout.ts';
import type { Plan } from '../plan/plan.ts';

/** One of an adapter's pairs of matrices on the device. */
export interface LoraLayout {
  /** The model's matrix that it adds to. */
  name: string;
  a: MatrixLayout;
  b: MatrixLayout;
  /** What the file multiplies B (A x) by. */
  factor: number;
}

export interface AdapterLayout {
  loras: LoraLayout[];
  /** Of what lies between A and B: the largest rank. */
  hidden: number;
  /** Of everything on the device. */
  bytes: number;
}

/** Rows are read four values at a time, so ranks are filled up with zeros. */
const STEP = 4;

/** Where an adapter's matrices will lie. Fails with `unsupported-model` if a type is not computed with. */
export function layOutAdapter({ maps }: Adapter, { maxRows, slots }: Plan): AdapterLayout {
  const loras = [...maps].map(([name, { a, b, rank, factor }]): LoraLayout => {
    const padded = Math.ceil(rank / STEP) * STEP;
    return {
      name,
      a: matrixOf(a, a.shape[0]!, padded),
      b: matrixOf(b, padded, b.shape[1] ?? 1),
      factor,
    };
  });
  const hidden = Math.max(...loras.map(({ a }) => a.rows));
  const weights = loras.reduce((sum, { a, b }) => sum + matrixBytes(a) + matrixBytes(b), 0);
  return { loras, hidden, bytes: weights + 4 * (maxRows * hidden + slots) };
}

function matrixOf(tensor: TensorInfo, k: number, rows: number): MatrixLayout {
  const format = formatOf({ ...tensor, shape: [k, rows] });
  return {
    name: tensor.name,
    format,
    k,
    rows,
    quantsBytes: rows * format.quantsBytes(k),
    scalesBytes: rows * format.scalesBytes(k),
    segments: [{ tensor, firstRow: 0, rows: tensor.shape[1] ?? 1 }],
  };
}
