import { HearthError } from '../../protocol/errors.ts';
import type { GenerateOutput, GeneratePart } from '../../protocol/generate.ts';
import type { StageChain, StageSizes } from '../../protocol/stage.ts';
import type { Answer, RunRequest } from '../answer/answer.ts';
import type { Clock } from '../clock.ts';
import type { Governor } from '../schedule/governor.ts';
import { type LoadedModel, mustMake } from '../loaded-model.ts';
import type { ModelFile } from '../model-file.ts';
import { Runner } from '../answer/runner.ts';
import { planChain, sizesOf } from './stage-sizes.ts';
import { StagedStepper } from './staged-stepper.ts';

/** A model whose stages are wherever somebody else decides. */
export interface StagedWeights {
  /**
   * A chain of all stages that is ready to run; asked for again when it has failed with `device-lost`. Fails with
   * anything else when there is none to be had any more.
   */
  open(): Promise<StageChain>;
  /** Where the stages are, for people. */
  readonly places: NonNullable<GenerateOutput['stages']>;
  /** Whether it can be opened no more, whoever asks. */
  readonly isGone: boolean;
  close(): void;
}

export interface StagedModelOptions {
  file: ModelFile;
  place(sizes: StageSizes): StagedWeights;
  clock: Clock;
  governor: Governor;
  sizes?: Partial<StageSizes>;
}

/** A model that writes text and lies in stages, here and on other machines. Of its text all but the hidden states stays here. */
export class StagedModel implements LoadedModel {
  readonly file: ModelFile;
  /** What lies here counts where it lies. */
  readonly memory = { weightsBytes: 0, kvBytes: 0, activationsBytes: 0 };
  readonly notice = undefined;
  readonly contextLength: number;
  readonly #runner: Runner;
  readonly #weights: StagedWeights;

  static async load(options: StagedModelOptions): Promise<StagedModel> {
    mustMake(options.file, 'text');
    const plan = planChain(options.file.config, options.sizes);
    const weights = options.place(sizesOf(plan));
    try {
      return new StagedModel(options, plan, weights, await weights.open());
    } catch (error) {
      weights.close();
      throw error;
    }
  }

  private constructor(
    { file, clock, governor }: StagedModelOptions,
    plan: ReturnType<typeof planChain>,
    weights: StagedWeights,
    chain: StageChain,
  ) {
    this.file = file;
    this.contextLength = plan.contextLength;
    this.#weights = weights;
    const { tokenizer } = file;
    this.#runner = new Runner({
      plan,
      step: new StagedStepper(chain),
      clock,
      governor,
      endIds: tokenizer.endIds,
      newDecoder: () => tokenizer.decoder(),
      recover: async () => new StagedStepper(await weights.open()),
    });
  }

  get running(): Iterable<Answer> {
    return this.#runner.answers;
  }

  /** Whether the machines that it lies on are out of reach for good. */
  get isGone(): boolean {
    return this.#weights.isGone;
  }

  async run(
    request: RunRequest,
    send: (part: GeneratePart) => Promise<void>,
    signal: AbortSignal,
  ): Promise<Omit<GenerateOutput, 'model'>> {
    if (request.adapters?.length)
      throw new HearthError('not-supported', 'A model that runs on several machines takes no adapters.');
    const output = await this.#runner.run(request, send, signal);
    return { ...output, stages: this.#weights.places };
  }

  stop(origin: string | undefined): number {
    return this.#runner.stop(origin);
  }

  dispose(): void {
    this.#weights.close();
  }
}
