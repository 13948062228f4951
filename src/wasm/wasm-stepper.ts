import type { Client } from '../channel/connect.ts';
import type { Clock } from '../engine/clock.ts';
import type { Plan } from '../engine/plan/plan.ts';
import type { Chunk, StepPlan } from '../engine/schedule/schedule.ts';
import type { Stepper, StepResult } from '../engine/schedule/stepper.ts';
import type { WasmCalls, WasmModel, WasmText } from '../protocol/wasm-calls.ts';
import { watched } from './watched.ts';

export interface WasmStepperOptions {
  /** Has the vocabulary of `token-names.ts`. */
  file: Blob;
  plan: Plan;
  clock: Clock;
  /** A new frame, which answers when it is there. */
  openFrame(): Client<WasmCalls>;
}

/** Steps of a model in a WebAssembly frame, on one processor core. After a failure the next step opens a new one. */
export class WasmStepper implements Stepper {
  /** Each token is known before the next is asked for. */
  readonly depth = 1;
  readonly ahead = 1;
  /** llama.cpp has a cache of its own. */
  readonly keepsPages = false;
  readonly #options: WasmStepperOptions;
  #loading: Promise<Client<WasmCalls>> | undefined;

  static async load(options: WasmStepperOptions): Promise<WasmStepper> {
    const stepper = new WasmStepper(options);
    await stepper.#loaded();
    return stepper;
  }

  private constructor(options: WasmStepperOptions) {
    this.#options = options;
  }

  /** llama.cpp places its cache itself. That it never needs more than there is, is the pages' doing. */
  setPage(): void {}

  /** Each step brings them along. */
  setSampler(): void {}

  /** The token after each chunk is computed in any case; only those of outputs count. */
  async run({ decodes, prefills }: StepPlan): Promise<StepResult> {
    const { clock } = this.#options;
    const chunks = [...decodes, ...prefills];
    const client = await this.#loaded();
    const startedAt = clock.now();
    const ids = await this.#call(client, 'step', chunks.map(toText));
    const busyMs = clock.now() - startedAt;
    return { ids: Uint32Array.from(ids.filter((_, i) => chunks[i]!.isOutput)), busyMs };
  }

  destroy(): void {
    const loading = this.#loading;
    this.#loading = undefined;
    void loading?.then(leave, () => {});
  }

  #loaded(): Promise<Client<WasmCalls>> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  async #load(): Promise<Client<WasmCalls>> {
    const { file, plan, openFrame } = this.#options;
    const { pageCount, pageSize, slots, kv } = plan;
    const client = openFrame();
    const model: WasmModel = {
      file,
      positions: pageCount * pageSize,
      slots,
      // llama.cpp keeps values in int8 only where its flash attention runs
      kv: kv === 'q8_0' ? 'f16' : kv,
    };
    await this.#call(client, 'load', model);
    return client;
  }

  async #call<K extends 'load' | 'step'>(
    client: Client<WasmCalls>,
    name: K,
    input: WasmCalls[K]['input'],
  ): Promise<WasmCalls[K]['output']> {
    try {
      const ping = () => client.call('ping', undefined);
      return await watched(client.call(name, input), ping, this.#options.clock);
    } catch (error) {
      this.#loading = undefined;
      leave(client);
      throw error;
    }
  }
}

/** The frame goes when it hears of it; one that hears nothing any more has no memory to free. */
function leave(client: Client<WasmCalls>): void {
  client.call('unload', undefined).catch(() => {});
  client.close();
}

function toText({ sequence: { id, tokens, promptLength, sampling }, firstPosition, rows }: Chunk): WasmText {
  return { id, tokens: Uint32Array.from(tokens.slice(0, firstPosition + rows)), promptLength, sampling };
}
