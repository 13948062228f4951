import type { Lane } from '../../protocol/generate.ts';
import type { PageChange, SamplerChange, StageChain, StageRow } from '../../protocol/stage.ts';
import type { Chunk, StepPlan } from '../schedule/schedule.ts';
import type { Sequence } from '../schedule/sequence.ts';
import type { Stepper, StepResult } from '../schedule/stepper.ts';

const LANES: readonly Lane[] = ['interactive', 'bulk', 'guest'];

/** Steps of a model whose stages may be anywhere: each is handed to the chain whole, with all that it changes. */
export class StagedStepper implements Stepper {
  /** Ids are sampled by the last stage: a sequence's next step waits until its token is back here. */
  readonly ahead = 1;
  readonly keepsPages = true;
  readonly #chain: StageChain;
  /** Changes since the last step. */
  #pages: PageChange[] = [];
  #samplers: SamplerChange[] = [];

  constructor(chain: StageChain) {
    this.#chain = chain;
  }

  get depth(): number {
    return this.#chain.depth;
  }

  setPage(slot: number, index: number, page: number, group: number): void {
    this.#pages.push({ group, slot, index, page });
  }

  setSampler({ slot, sampling, promptLength, tokens }: Sequence): void {
    this.#samplers.push({ slot: slot!, sampling, promptLength, tokens: [...tokens] });
  }

  run({ decodes, prefills }: StepPlan): Promise<StepResult> {
    const chunks = [...decodes, ...prefills];
    const lane = LANES.find((lane) => chunks.some(({ sequence }) => sequence.lane === lane))!;
    const step = { lane, pages: this.#pages, samplers: this.#samplers, rows: chunks.flatMap(rowsOf) };
    [this.#pages, this.#samplers] = [[], []];
    return this.#chain.run(step);
  }

  destroy(): void {
    this.#chain.close();
  }
}

function rowsOf({ sequence, firstPosition, rows, isOutput }: Chunk): StageRow[] {
  return Array.from({ length: rows }, (_, row) => ({
    token: sequence.tokens[firstPosition + row]!,
    position: firstPosition + row,
    slot: sequence.slot!,
    isOutput: isOutput && row === rows - 1,
  }));
}
