import type { Client } from '../channel/connect.ts';
import type { Clock } from '../engine/clock.ts';
import type { Plan } from '../engine/plan.ts';
import type { Chunk, StepPlan } from '../engine/schedule.ts';
import type { Stepper, StepResult } from '../engine/stepper.ts';
import type { WasmCalls } from '../protocol/wasm-calls.ts';

/** Steps of a model in the WebAssembly frame: one sequence after the other, on one processor core. */
export class WasmStepper implements Stepper {
  readonly backend = 'wasm';
  /** Each token is known before the next is asked for. */
  readonly depth = 1;
  readonly #client: Client<WasmCalls>;
  readonly #clock: Clock;

  /** Loads `file`, which has the vocabulary of `token-names.ts`. */
  static async load(client: Client<WasmCalls>, file: Blob, plan: Plan, clock: Clock): Promise<WasmStepper> {
    const { pageCount, pageSize, slots, kv } = plan;
    try {
      await client.call('load', { file, positions: pageCount * pageSize, slots, kv });
      return new WasmStepper(client, clock);
    } catch (error) {
      client.close();
      throw error;
    }
  }

  private constructor(client: Client<WasmCalls>, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** llama.cpp places its cache itself. That it never needs more than there is, is the pages' doing. */
  setPage(): void {}

  /** Each call brings its own. */
  setSampler(): void {}

  async run({ decodes, prefills }: StepPlan): Promise<StepResult> {
    const startedAt = this.#clock.now();
    const ids: number[] = [];
    for (const chunk of [...decodes, ...prefills]) {
      const id = await this.#compute(chunk);
      if (chunk.isOutput) ids.push(id);
    }
    return { ids: Uint32Array.from(ids), busyMs: this.#clock.now() - startedAt };
  }

  destroy(): void {
    this.#client.close();
  }

  /** Brings the slot to the chunk's end, and gives the token after it: of use only if the chunk is an output. */
  async #compute({ sequence, epoch, firstPosition, rows }: Chunk): Promise<number> {
    // It ended, or gave up its slot, while others of this step were computed; nobody will look at the result
    if (sequence.isDone || sequence.epoch !== epoch) return 0;
    const { slot, sampling, promptLength, tokens } = sequence;
    const ids = Uint32Array.from(tokens.slice(0, firstPosition + rows));
    return (await this.#client.call('next', { slot: slot!, ids, promptLength, sampling })).id;
  }
}
