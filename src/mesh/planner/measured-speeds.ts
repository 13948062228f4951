import { MAX_MODELS_IN_BEAT } from '../limits.ts';
import type { ModelSpeed } from '../messages/control.ts';

/** How much of what was measured is left after one more step. */
const MEMORY = 0.97;
/** Fewer say nothing. */
const LEAST_STEPS = 4;
/** Where all steps had about as many rows: what each row adds to a layer, of what a step takes. */
const ROW_SHARE = 0.03;

/** Sums over steps that fade away: rows x, milliseconds a layer y. */
interface Sums {
  steps: number;
  n: number;
  x: number;
  y: number;
  xx: number;
  xy: number;
}

/** What steps of this machine's stages really take, as a line over their rows: by least squares, the latest steps first. */
export class MeasuredSpeeds {
  /** By model, the one measured last at the end. */
  readonly #models = new Map<string, Sums>();

  /** A step of `rows` rows took stages that weigh as much as so many layers `ms` in all. */
  add(model: string, layers: number, rows: number, ms: number): void {
    const sums = this.#models.get(model) ?? { steps: 0, n: 0, x: 0, y: 0, xx: 0, xy: 0 };
    const perLayer = ms / layers;
    sums.steps++;
    for (const key of ['n', 'x', 'y', 'xx', 'xy'] as const) sums[key] *= MEMORY;
    sums.n += 1;
    sums.x += rows;
    sums.y += perLayer;
    sums.xx += rows * rows;
    sums.xy += rows * perLayer;
    this.#models.delete(model);
    this.#models.set(model, sums);
    if (this.#models.size > MAX_MODELS_IN_BEAT) this.#models.delete(this.#models.keys().next().value!);
  }

  /** For heartbeats. */
  get speeds(): ModelSpeed[] {
    return [...this.#models].flatMap(([model, sums]) =>
      sums.steps < LEAST_STEPS ? [] : { model, ...lineOf(sums) },
    );
  }
}

function lineOf({ n, x, y, xx, xy }: Sums): Omit<ModelSpeed, 'model'> {
  const [rows, ms] = [x / n, y / n];
  const spread = xx / n - rows * rows;
  const slope = spread > 0.25 ? (xy / n - rows * ms) / spread : (ROW_SHARE * ms) / (1 + ROW_SHARE * rows);
  // Noise may tilt the line: no row makes a step shorter, and none takes more than its share
  const msPerLayerRow = Math.min(Math.max(0, slope), ms / rows);
  return { msPerLayer: ms - rows * msPerLayerRow, msPerLayerRow };
}
