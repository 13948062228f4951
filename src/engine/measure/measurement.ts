import { HearthError } from '../../protocol/errors.ts';
import type { MeasuredStep, Profile, ProfileProgress } from '../../protocol/performance.ts';
import { ceilingBytes, measureCeilings } from './ceiling.ts';
import type { Clock } from '../clock.ts';
import type { Governor } from '../schedule/governor.ts';
import type { Model } from '../model.ts';
import { profile } from '../gpu/profile.ts';
import { Quiet } from './quiet.ts';

export interface MeasurementOptions {
  clock: Clock;
  governor: Governor;
  /** Under way, of all models. */
  answers(): number;
  isLoading(): boolean;
  /** What may still be allocated under the user's cap. */
  freeBytes(): number;
}

export interface MeasurementRequest {
  model: Model;
  /** False once the model has been unloaded. */
  isThere(): boolean;
  step: MeasuredStep;
  progress(now: ProfileProgress): void;
  signal: AbortSignal;
}

/** Measures one model at a time, beside everything else that is asked of the engine, and after it. */
export class Measurement {
  readonly #options: MeasurementOptions;
  readonly #quiet: Quiet;
  #isUnderWay = false;
  #bytes = 0;

  constructor(options: MeasurementOptions) {
    this.#options = options;
    const isBusy = () => options.answers() > 0 || options.isLoading();
    this.#quiet = new Quiet({ ...options, isBusy });
  }

  /** Resolves once models are free to be used, and to be unloaded. */
  get over(): Promise<unknown> {
    return this.#quiet.over;
  }

  /** Memory that measuring takes now. */
  get bytes(): number {
    return this.#bytes;
  }

  async run(request: MeasurementRequest): Promise<Omit<Profile, 'model' | 'step'>> {
    if (this.#isUnderWay)
      throw new HearthError(
        'busy',
        'A measurement is under way, perhaps in another window. Wait for its end.',
      );
    this.#isUnderWay = true;
    try {
      return await this.#measure(request);
    } finally {
      this.#isUnderWay = false;
      this.#bytes = 0;
    }
  }

  async #measure(request: MeasurementRequest): Promise<Omit<Profile, 'model' | 'step'>> {
    const { model, isThere, step, progress, signal } = request;
    const { gpu, variants } = model;
    if (!gpu.has('timestamp-query'))
      throw new HearthError(
        'not-supported',
        `${gpu.name} gives no timestamps (the WebGPU feature "timestamp-query"), without which no kernel’s time can be known.`,
      );
    let now: ProfileProgress = { phase: 'measuring', done: 0, of: 1 };
    const tell = (next: ProfileProgress) => progress((now = next));
    const alone = async (run: () => Promise<number>): Promise<number> => {
      let before: ProfileProgress | undefined;
      const onWait = () => {
        if (now.phase === 'measuring') before = now;
        tell({ phase: 'waiting', answers: this.#options.answers() });
      };
      const ms = await this.#quiet.alone(
        () => {
          if (!isThere())
            throw new HearthError('gone', 'The model was unloaded while it was measured. Measure it again.');
          return run();
        },
        { signal, onWait },
      );
      if (before) tell(before);
      return ms;
    };

    tell(now);
    this.#bytes = ceilingBytes(gpu, this.#options.freeBytes());
    const ceilings = await measureCeilings(gpu, this.#bytes, alone);
    this.#bytes = 0;
    const rows = { now: 0 };
    const prepare = () => {
      const prepared = model.prepare(step);
      rows.now = prepared.load.rows;
      return prepared;
    };
    const onProgress = (done: number, of: number) => tell({ phase: 'measuring', done: done + 1, of: of + 1 });
    const times = await profile({ gpu, prepare, alone, onProgress });
    return { adapter: gpu.name, rows: rows.now, variants, ceilings, ...times };
  }
}
