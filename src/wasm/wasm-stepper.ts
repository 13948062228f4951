import type { Client } from '../channel/connect.ts';
import type { Clock } from '../engine/clock.ts';
import type { Plan } from '../engine/plan.ts';
import type { Chunk, StepPlan } from '../engine/schedule.ts';
import type { Stepper, StepResult } from '../engine/stepper.ts';
import type { WasmCalls, WasmText } from '../protocol/wasm-calls.ts';

/** Steps of a model in the WebAssembly frame, on one processor core. */
export class WasmStepper implements Stepper {
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

  /** Each step brings them along. */
  setSampler(): void {}

  /** The token after each chunk is computed in any case; only those of outputs count. */
  async run({ decodes, prefills }: StepPlan): Promise<StepResult> {
    const chunks = [...decodes, ...prefills];
    const startedAt = this.#clock.now();
    const ids = await this.#client.call('step', chunks.map(toText));
    const busyMs = this.#clock.now() - startedAt;
    return { ids: Uint32Array.from(ids.filter((_, i) => chunks[i]!.isOutput)), busyMs };
  }

  destroy(): void {
    this.#client.close();
  }
}

function toText({ sequence: { id, tokens, promptLength, sampling }, firstPosition, rows }: Chunk): WasmText {
  return { id, tokens: Uint32Array.from(tokens.slice(0, firstPosition + rows)), promptLength, sampling };
}
