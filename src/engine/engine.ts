import type { ByteSource } from '../../models/gguf/header-bytes.ts';
import { bytesInWords } from '../protocol/bytes-in-words.ts';
import type { EngineCalls, EngineStatus } from '../protocol/engine-calls.ts';
import type { EmbedOutput, EmbedProgress } from '../protocol/embed.ts';
import { HearthError } from '../protocol/errors.ts';
import type { GenerateOutput, GeneratePart } from '../protocol/generate.ts';
import type { Backend, LoadProgress, ModelSummary } from '../protocol/models.ts';
import type { PerformanceFacts, Profile, ProfileInput, ProfileProgress } from '../protocol/performance.ts';
import { type Caps, DEFAULT_SETTINGS } from '../protocol/settings.ts';
import type { Clock } from './clock.ts';
import { Device } from './device/device.ts';
import { EmbeddingModel } from './vectors/embedding-model.ts';
import { copyBytesPerSecond } from './measure/ceiling.ts';
import { Governor } from './schedule/governor.ts';
import type { Gpu } from './gpu/gpu.ts';
import { gpuFacts } from './gpu/gpu-facts.ts';
import {
  isIdle,
  type LoadedModel,
  type Makes,
  mustMake,
  totalBytes,
  whatItMakes,
  wrongKind,
} from './loaded-model.ts';
import type { Lodger } from './lodger.ts';
import { Model } from './model.ts';
import { type ModelFile, readModelFile } from './model-file.ts';
import { Measurement } from './measure/measurement.ts';
import type { Stage, StageOrder, StageSizes } from '../protocol/stage.ts';
import { GpuStage, planStageOn } from './stages/gpu-stage.ts';
import { StagedModel, type StagedWeights } from './stages/staged-model.ts';
import { answerDecoder } from './text/answer-decoder.ts';
import { heldTo } from './constrain/held-to.ts';
import { countTokens, promptIds } from './text/prompt.ts';
import { drafterOf } from './drafter.ts';
import type { Drafter } from './speculate/drafts.ts';
import type { Verdicts } from './device/self-test/self-test.ts';
import { RecentAnswers } from './answer/recent-answers.ts';
import type { SavedTexts } from './cache/saved-texts.ts';
import type { OpenWasm } from './schedule/stepper.ts';
import { finished, inputIds } from './vectors/vectors.ts';

/** Answers of all pages that one model makes at once, and texts of which it makes vectors in one step. */
const SLOTS: Record<Makes, number> = { text: 32, vectors: 128 };

export interface EngineOptions {
  /** `navigator.gpu`, where there is one. */
  gpu: GPU | undefined;
  clock: Clock;
  /** A model's file and its name for people. */
  open(model: string): Promise<{ source: ByteSource; name: string }>;
  /** Where texts outlive their model's time on the device. Without it they do not. */
  savedTexts?: SavedTexts;
  /** What self-tests of adapters have found before. Without it each device is tested anew. */
  verdicts?: Verdicts;
  /** Computes where there is no GPU, and from where one was given up. Without it a GPU is needed. */
  openWasm?: OpenWasm;
  /** Where a model that does not fit this machine may lie, if anywhere. */
  placeStages?(model: string, file: ModelFile): ((sizes: StageSizes) => StagedWeights) | undefined;
  /** Where a request to a model that does fit this machine is answered sooner, if anywhere. */
  elsewhere?(model: string, file: ModelFile, request: RequestSize): Promise<Elsewhere | undefined>;
  /** A text has been answered here: how long each of its tokens took, beside how many others. */
  onAnswered?(model: string, file: ModelFile, tokenMs: number, streams: number): void;
}

/** What decides where a request is answered. */
export interface RequestSize {
  promptTokens: number;
  maxTokens: number;
  /** Answers that the model is making here. */
  running: number;
  /** And in another place. */
  runningAt(key: string): number;
}

/** Another machine. Requests that go there share what stands there, under its key. */
export interface Elsewhere {
  key: string;
  place(sizes: StageSizes): StagedWeights;
}

/** A model that has been at rest for so long has time to save its texts. */
const SAVE_AFTER_MS = 2000;

interface AdapterWish {
  model: string;
  adapter: string;
  scale: number;
}

interface LoadWish {
  /** A model of another kind is refused by its header. */
  wanted?: Makes;
  /** A model that has to stay. */
  beside?: string;
  onProgress?: ((progress: LoadProgress) => void) | undefined;
}

interface Entry {
  name: string;
  loading: Promise<LoadedModel>;
  /** Set once loaded. */
  model: LoadedModel | undefined;
  usedAt: number;
}

/** All models of this machine on its one device, under the user's caps. */
export class Engine {
  readonly #options: EngineOptions;
  readonly #device: Device;
  readonly #governor: Governor;
  readonly #entries = new Map<string, Entry>();
  readonly #recent: RecentAnswers;
  readonly #measurement: Measurement;
  readonly #stages = new Set<{ bytes: number }>();
  readonly #lodgers = new Set<Lodger>();
  #caps: Caps = DEFAULT_SETTINGS.caps;
  #defaultModel = DEFAULT_SETTINGS.defaultModel;
  #cancelSave: (() => void) | undefined;
  /** Loads follow one another, so that each knows what memory the others took. */
  #lastLoad: Promise<unknown> = Promise.resolve();

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#device = new Device(options.gpu, options.clock, options.verdicts);
    this.#governor = new Governor(options.clock);
    this.#recent = new RecentAnswers(options.clock);
    this.#measurement = new Measurement({
      clock: options.clock,
      governor: this.#governor,
      answers: () => this.#loaded().reduce((sum, [, { model }]) => sum + [...model.running].length, 0),
      isLoading: () => this.#isLoading,
      freeBytes: () => this.#freeBytes(),
    });
  }

  /** Takes effect at once: the share from the next step on, the memory by unloading what is idle. */
  async configure({ caps, defaultModel }: { caps: Caps; defaultModel: string }): Promise<void> {
    this.#caps = caps;
    this.#defaultModel = defaultModel;
    this.#governor.share = caps.gpuPercent / 100;
    // What did not fit may do so now
    for (const [id, { model }] of this.#loaded())
      if (model instanceof StagedModel && isIdle(model)) await this.unload(id);
    await this.#makeRoom(0);
  }

  async generate(
    input: EngineCalls['generate']['input'],
    send: (part: GeneratePart) => Promise<void>,
    signal: AbortSignal,
  ): Promise<GenerateOutput> {
    const id = input.model ?? this.#defaultModel;
    const { origin, lane, isPrivate, sampling, stop, maxToolCalls } = input;
    const model = await this.#writer(id, signal);
    if (model instanceof StagedModel && !input.mayLeave)
      throw new HearthError(
        'not-allowed',
        'This model does not fit this machine alone, and what this site says is to stay here. Choose a smaller model, or raise the memory cap in the options.',
      );
    if (model instanceof StagedModel && input.draftModel)
      throw new HearthError(
        'not-supported',
        'Machines that compute a model together guess from its text alone: leave the draft model out.',
      );
    if (model instanceof StagedModel && sampling.bias?.length)
      throw new HearthError(
        'not-supported',
        'Machines that compute a model together cannot be told of `logit_bias`: leave it out, or choose a model that fits this machine.',
      );
    const wrong = sampling.bias?.find(([id]) => id >= model.file.config.vocab);
    if (wrong)
      throw new HearthError(
        'bad-input',
        `\`logit_bias\` names token ${wrong[0]}, outside this model's vocabulary of ${model.file.config.vocab}.`,
      );
    const ids = promptIds(model.file, input.prompt, model.contextLength);
    const maxTokens = input.maxTokens ?? model.contextLength;
    const held = heldTo(model.file, input, ids);
    const drafted = input.draftModel ? await this.#drafter(input.draftModel, id, input, signal) : undefined;
    const isFree = model instanceof Model && input.mayLeave && !held && !drafted;
    const away = isFree ? await this.#elsewhere(id, model, input, ids) : undefined;
    const ran = away ?? drafted?.model ?? model;
    if (held && model instanceof StagedModel)
      throw new HearthError(
        'not-supported',
        'Answers of a model that several machines compute cannot be held to a schema, a pattern, a grammar or a tool. Choose a model that fits this machine.',
      );
    const {
      finishReason,
      stop: stopped,
      usage,
      timings,
      stages,
    } = await ran.run(
      {
        ids,
        maxTokens,
        sampling,
        stop,
        held,
        drafter: drafted?.drafter,
        answerDecoder: input.readsAnswer ? answerDecoder(model.file, input.prompt, ids) : undefined,
        maxToolCalls,
        bytesOf: input.logprobs ? (id) => model.file.tokenizer.tokenBytes(id) : undefined,
        likeliest: input.topLogprobs,
        shift: input.shift,
        origin,
        lane,
        isPrivate,
      },
      send,
      signal,
    );
    if (totalBytes(ran) > this.#caps.memoryBytes) await this.#makeRoom(0);
    const ended = { model: id, finishReason, stop: stopped, usage, timings, ...(stages && { stages }) };
    this.#recent.add(input, ended);
    if (ran instanceof Model) {
      this.#saveLater(ran);
      const tokenMs = timings.decodeMs / Math.max(1, usage.completionTokens - 1);
      if (usage.completionTokens > 1)
        this.#options.onAnswered?.(id, ran.file, tokenMs, 1 + [...ran.running].length);
    }
    return ended;
  }

  /** The model on another machine of the room, if this request is answered sooner there and nothing of it has to stay. */
  async #elsewhere(
    id: string,
    model: Model,
    { sampling, logprobs, shift, maxTokens = model.contextLength }: EngineCalls['generate']['input'],
    { length: promptTokens }: readonly number[],
  ): Promise<StagedModel | undefined> {
    if (sampling.bias?.length || logprobs || shift || [...model.adapters].length > 0) return undefined;
    const answersOf = (entry: Entry | undefined) => [...(entry?.model?.running ?? [])].length;
    const found = await this.#options.elsewhere?.(id, model.file, {
      promptTokens,
      maxTokens,
      running: answersOf(this.#entries.get(id)),
      runningAt: (key) => answersOf(this.#entries.get(`${id} ${key}`)),
    });
    if (!found) return undefined;
    const there = `${id} ${found.key}`;
    const known = this.#entries.get(there);
    if (known?.model instanceof StagedModel && known.model.isGone) await this.unload(there);
    const { clock } = this.#options;
    const { file } = model;
    const entry: Entry = this.#entries.get(there) ?? {
      name: `${this.#entries.get(id)?.name ?? id}, in the room`,
      model: undefined,
      usedAt: clock.now(),
      loading: StagedModel.load({ file, place: found.place, clock, governor: this.#governor }),
    };
    this.#entries.set(there, entry);
    try {
      const staged = (entry.model = await entry.loading);
      entry.usedAt = clock.now();
      const isLongEnough = promptTokens < staged.contextLength;
      return staged instanceof StagedModel && isLongEnough ? staged : undefined;
    } catch {
      // It is here, too
      this.#entries.delete(there);
      return undefined;
    }
  }

  /** A vector of each input. Progress goes out when the last one has been read. */
  async embed(
    input: EngineCalls['embed']['input'],
    send: (part: EmbedProgress) => Promise<void>,
    signal: AbortSignal,
  ): Promise<EmbedOutput> {
    const id = input.model ?? this.#defaultModel;
    const { origin, lane, isPrivate, dimensions } = input;
    const { file, dimensions: most } = await this.#vectorModel(id, signal);
    if (dimensions !== undefined && dimensions > most)
      throw new HearthError(
        'bad-input',
        `This model's vectors have ${most} values: \`dimensions\` must be up to that, not ${dimensions}.`,
      );
    const texts = await inputIds(file, input.inputs, this.#options.clock);
    const promptTokens = texts.reduce((sum, { length }) => sum + length, 0);
    const progress = latestOnly((doneTexts: number) => send({ doneTexts, texts: texts.length }));
    // It may have been unloaded in the meantime
    const model = await this.#vectorModel(id, signal);
    const vectors = await model.embed({ texts, origin, lane, isPrivate }, progress, signal);
    if (totalBytes(model) > this.#caps.memoryBytes) await this.#makeRoom(0);
    return { model: id, vectors: vectors.map((vector) => finished(vector, input)), usage: { promptTokens } };
  }

  /** The tokens of a prompt that may be too long to be answered. */
  async count(
    { model: id, prompt }: EngineCalls['count']['input'],
    signal: AbortSignal,
  ): Promise<{ tokens: number }> {
    const { file, contextLength } = await this.#writer(id, signal);
    return { tokens: countTokens(file, prompt, contextLength) };
  }

  async load(id: string, onProgress?: (progress: LoadProgress) => void): Promise<ModelSummary> {
    const { name, loading } = this.#entry(id, { onProgress });
    const model = await loading;
    return summary(id, name, model, this.#device.kind);
  }

  async unload(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (!entry) return;
    const model = await entry.loading.catch(() => undefined);
    await this.#measurement.over;
    model?.stop(undefined);
    this.#entries.delete(id);
    await model?.dispose();
  }

  /**
   * Loads an adapter beside a model, in the place of the one with its id: from then on `scale` of it is added to what
   * everybody asks of that model. It goes when the model does, and counts against the memory cap with it.
   */
  async loadAdapter({ model: id, adapter, scale }: AdapterWish, source: ByteSource): Promise<void> {
    const model = await this.#textModel(id, new AbortController().signal);
    const prepared = await model.prepareAdapter(source);
    const { bytes } = prepared.layout;
    while (this.#freeBytes() < bytes && (await this.#unloadOldest(id)));
    if (this.#freeBytes() < bytes)
      throw new HearthError(
        'out-of-memory',
        `The adapter needs ${bytesInWords(bytes)}, but Hearth may use ${bytesInWords(Math.max(0, this.#freeBytes()))} more. Raise the memory cap in the options, or choose an adapter of a lower rank.`,
      );
    await model.putAdapter(adapter, prepared, scale);
  }

  async removeAdapter({ model: id, adapter }: Pick<AdapterWish, 'model' | 'adapter'>): Promise<void> {
    const model = await this.#entries.get(id)?.loading;
    await this.#measurement.over;
    if (model instanceof Model) await model.removeAdapter(adapter);
  }

  /** Saves a model's texts once it has been at rest for a while. */
  #saveLater(model: Model): void {
    if (!this.#options.savedTexts) return;
    this.#cancelSave?.();
    this.#cancelSave = this.#options.clock.after(SAVE_AFTER_MS, () => {
      if (isIdle(model)) void model.saveTexts();
    });
  }

  /** Forgets what ended answers left in the caches. */
  forgetTexts(): void {
    for (const [, { model }] of this.#loaded()) if (model instanceof Model) model.forgetTexts();
  }

  /** Ends every answer, or those of one origin. */
  stop(origin: string | undefined): number {
    if (origin !== undefined) {
      this.#recent.forget(origin);
      void this.#options.savedTexts?.forget(origin).catch(() => {});
    }
    return this.#loaded().reduce((stopped, [, { model }]) => stopped + model.stop(origin), 0);
  }

  /** Models that pages may know of; reads their headers, loads nothing. */
  async summaries(ids: readonly string[]): Promise<ModelSummary[]> {
    const backend = await this.#device.backend();
    return Promise.all(
      ids.map(async (id) => {
        const entry = this.#entries.get(id);
        if (entry?.model) return summary(id, entry.name, entry.model, backend);
        const { source, name } = await this.#options.open(id);
        try {
          const file = await readModelFile(source);
          return { id, name, contextLength: file.config.contextLength, backend, ...abilities(file) };
        } finally {
          await source.close?.();
        }
      }),
    );
  }

  /** Why a model will not run as things are, if it will not. */
  problem({ memoryBytes }: { memoryBytes: number | undefined }): string | undefined {
    if (memoryBytes === undefined || memoryBytes <= this.#caps.memoryBytes) return undefined;
    return `It needs about ${bytesInWords(memoryBytes)}, and Hearth may use ${bytesInWords(this.#caps.memoryBytes)}. Raise the memory cap to run it.`;
  }

  /** Finds out what will compute, so that the status can say it before anybody has asked anything. */
  async wake(): Promise<void> {
    await this.#device.backend();
  }

  async performance(): Promise<PerformanceFacts> {
    const gpu = await this.#device.open().catch(() => undefined);
    return { gpu: gpu && gpuFacts(gpu), lanes: this.#governor.lanes.shares, answers: this.#recent.list() };
  }

  async profile(
    { model: id, step }: ProfileInput,
    send: (progress: ProfileProgress) => Promise<void>,
    signal: AbortSignal,
  ): Promise<Profile> {
    const model = await this.#textModel(id, signal);
    const isThere = () => this.#entries.get(id)?.model === model;
    const progress = latestOnly(send);
    return { model: id, step, ...(await this.#measurement.run({ model, isThere, step, progress, signal })) };
  }

  status(): EngineStatus {
    const loaded = this.#loaded();
    const answers = loaded.flatMap(([id, { model }]) => [...model.running].map((answer) => ({ id, answer })));
    const running = answers.map(({ id, answer }) => answer.status(id));
    return {
      state: this.#device.state === 'ready' && this.#isLoading ? 'starting' : this.#device.state,
      backend: this.#device.kind,
      adapter: this.#device.adapter,
      notice: this.#notice(),
      memoryBytes: this.#usedBytes(),
      caps: this.#caps,
      loaded: loaded.map(([id, { name, model }]) => ({
        id,
        name,
        ...model.memory,
        adapters: model instanceof Model ? [...model.adapters] : [],
      })),
      running,
      tokensPerSecond: running.reduce((sum, { tokensPerSecond }) => sum + tokensPerSecond, 0),
    };
  }

  get #isLoading(): boolean {
    return [...this.#entries].some(([, { model }]) => !model);
  }

  #notice(): string | undefined {
    if (this.#usedBytes() > this.#caps.memoryBytes)
      return 'Over the memory cap until the answers now running have ended.';
    const [noticed] = this.#loaded().filter(([, { model }]) => model.notice);
    return this.#device.notice ?? (noticed && `${noticed[1].name}: ${noticed[1].model.notice}`);
  }

  /** The model, being loaded if it was not. Failed loads are forgotten, so that the next call tries again. */
  #entry(id: string, options: LoadWish = {}): Entry {
    const known = this.#entries.get(id);
    if (known) return known;
    const entry: Entry = {
      name: id,
      model: undefined,
      usedAt: this.#options.clock.now(),
      loading: undefined!,
    };
    entry.loading = this.#lastLoad.then(async () => (entry.model = await this.#load(id, entry, options)));
    this.#lastLoad = entry.loading.catch(() => this.#entries.delete(id));
    this.#entries.set(id, entry);
    return entry;
  }

  async #writer(id: string, signal: AbortSignal): Promise<Model | StagedModel> {
    const known = this.#entries.get(id)?.model;
    // The room may be another by now
    if (known instanceof StagedModel && known.isGone && isIdle(known)) await this.unload(id);
    const model = await this.#ready(id, 'text', signal);
    if (model instanceof Model || model instanceof StagedModel) return model;
    throw wrongKind('text');
  }

  async #textModel(id: string, signal: AbortSignal): Promise<Model> {
    const model = await this.#ready(id, 'text', signal);
    if (model instanceof Model) return model;
    if (model instanceof StagedModel)
      throw new HearthError(
        'not-supported',
        'A model that runs on several machines takes no adapters and cannot be measured. Raise the memory cap in the options to run it here alone.',
      );
    throw wrongKind('text');
  }

  async #vectorModel(id: string, signal: AbortSignal): Promise<EmbeddingModel> {
    const model = await this.#ready(id, 'vectors', signal);
    if (model instanceof EmbeddingModel) return model;
    throw wrongKind('vectors');
  }

  /** What a second model guesses for an answer of the first, beside which it is loaded; and the first, as it is by then. */
  async #drafter(
    id: string,
    target: string,
    { origin, lane, isPrivate, sampling }: EngineCalls['generate']['input'],
    signal: AbortSignal,
  ): Promise<{ drafter: Drafter; model: Model }> {
    if (id === target)
      throw new HearthError(
        'bad-input',
        'A model cannot draft for itself. Name a smaller one of its family, or none.',
      );
    const { loading } = this.#entry(id, { wanted: 'text', beside: target });
    await untilAborted(loading, signal);
    // Each may have gone for the other, or for a third one
    const [draft, model] = [await this.#textModel(id, signal), await this.#textModel(target, signal)];
    const drafter = drafterOf(draft, model, { origin, lane, isPrivate, sampling }, () => {
      const entry = this.#entries.get(id);
      if (entry?.model !== draft) return false;
      entry.usedAt = this.#options.clock.now();
      return true;
    });
    return { drafter, model };
  }

  /** The model for a call. One of another kind is not loaded. */
  async #ready(id: string, wanted: Makes, signal: AbortSignal): Promise<LoadedModel> {
    const entry = this.#entry(id, { wanted });
    const model = await untilAborted(entry.loading, signal);
    await this.#measurement.over;
    entry.usedAt = this.#options.clock.now();
    return model;
  }

  async #load(id: string, entry: Entry, { wanted, beside, onProgress }: LoadWish): Promise<LoadedModel> {
    const { source, name } = await this.#options.open(id);
    entry.name = name;
    try {
      const file = await readModelFile(source);
      const makes = whatItMakes(file);
      if (wanted) mustMake(file, wanted);
      const kind = makes === 'text' ? Model : EmbeddingModel;
      const load = (canShrink: boolean) =>
        kind.load({
          device: this.#device,
          openWasm: this.#options.openWasm,
          file,
          source,
          clock: this.#options.clock,
          governor: this.#governor,
          savedTexts: this.#options.savedTexts,
          sizes: { slots: SLOTS[makes], budgetBytes: this.#freeBytes(), canShrink },
          onProgress: (doneBytes) =>
            onProgress?.({ model: id, phase: 'uploading', doneBytes, totalBytes: source.size }),
        });
      for (;;) {
        try {
          return await load(false);
        } catch (error) {
          // A full context is worth more than a model that nobody uses
          const isFull = error instanceof HearthError && error.code === 'out-of-memory';
          if (!isFull) throw error;
          if (await this.#unloadOldest(beside)) continue;
          return await load(true).catch((full: unknown) => this.#loadStaged(id, file, source, full));
        }
      }
    } catch (error) {
      await source.close?.();
      throw error;
    }
  }

  /** Over the room, if there is one; fails with `full` if there is none. */
  async #loadStaged(id: string, file: ModelFile, source: ByteSource, full: unknown): Promise<LoadedModel> {
    const isFull = full instanceof HearthError && full.code === 'out-of-memory';
    const place = isFull && whatItMakes(file) === 'text' ? this.#options.placeStages?.(id, file) : undefined;
    if (!place) throw full;
    await source.close?.();
    const { clock } = this.#options;
    try {
      return await StagedModel.load({ file, place, clock, governor: this.#governor });
    } catch (error) {
      if (!(error instanceof HearthError && error.code === 'gone')) throw error;
      throw new HearthError('out-of-memory', `${(full as HearthError).message} ${error.message}`);
    }
  }

  /**
   * A stage of a model for whoever runs its chain. It counts against the memory cap, and takes at most `budgetBytes`:
   * fails with `out-of-memory` if that does not do. What the owner has loaded stays.
   */
  async openStage(
    file: ModelFile,
    source: ByteSource,
    order: StageOrder,
    budgetBytes: number,
    onProgress: (doneBytes: number, totalBytes: number) => void = () => {},
  ): Promise<Stage> {
    const gpu = await this.#device.open();
    const planned = planStageOn(gpu, file, order);
    const { totalBytes: needed } = planned.plan;
    const free = Math.min(budgetBytes - this.stageBytes, this.#freeBytes());
    if (needed > free)
      throw new HearthError(
        'out-of-memory',
        `The stage needs ${bytesInWords(needed)}, and this machine has ${bytesInWords(Math.max(0, free))} for it.`,
      );
    // Before the weights come, so that the next one knows
    const taken = { bytes: needed };
    this.#stages.add(taken);
    const leave = () => this.#stages.delete(taken);
    try {
      const stage = await GpuStage.load(gpu, source, planned, (doneBytes) =>
        onProgress(doneBytes, planned.layout.bytes),
      );
      return {
        run: (input) => stage.run(input),
        forget: () => stage.forget(),
        destroy() {
          leave();
          stage.destroy();
        },
      };
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Bytes that this machine's GPU reads and writes in a second; nothing where a processor plays the GPU, or answers run. */
  async bandwidth(): Promise<number | undefined> {
    const gpu = await this.#device.open().catch(() => undefined);
    const bytes = this.#freeBytes() / 4;
    if (!gpu || gpu.isSoftware || bytes < 2 ** 24 || this.status().running.length > 0) return undefined;
    return copyBytesPerSecond(gpu, bytes);
  }

  /** What stages take of this machine's memory. */
  get stageBytes(): number {
    return [...this.#stages].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** The device, for what is no model of the engine's. Fails with `no-device`. */
  device(): Promise<Gpu> {
    return this.#device.open();
  }

  /** Lets work on the device through as the user's share allows, and pays for the time that it took. */
  async turn<T>(work: () => Promise<T>): Promise<T> {
    const { clock } = this.#options;
    await this.#measurement.over;
    await this.#governor.permit();
    const leave = this.#governor.enter();
    const begun = clock.now();
    try {
      return await work();
    } finally {
      leave();
      this.#governor.pay(clock.now() - begun);
    }
  }

  /** Makes room for a lodger that is about to grow by so much. It counts from then on, until it is put out. */
  async lodge(lodger: Lodger, bytes: number): Promise<void> {
    this.#lodgers.add(lodger);
    while (this.#freeBytes() < bytes && (await this.#unloadOldest(undefined, lodger)));
    const free = this.#freeBytes();
    if (free < bytes)
      throw new HearthError(
        'out-of-memory',
        `The model needs ${bytesInWords(bytes)} more, and Hearth may use ${bytesInWords(Math.max(0, free))}. Raise the memory cap in the options, or choose a smaller model.`,
      );
  }

  putOut(lodger: Lodger): void {
    this.#lodgers.delete(lodger);
  }

  #freeBytes(): number {
    return this.#caps.memoryBytes - this.#usedBytes();
  }

  #usedBytes(): number {
    const models = this.#loaded().reduce((sum, [, { model }]) => sum + totalBytes(model), 0);
    const lodgers = [...this.#lodgers].reduce((sum, { bytes }) => sum + bytes, 0);
    return models + lodgers + this.stageBytes + this.#measurement.bytes;
  }

  async #makeRoom(bytes: number): Promise<void> {
    while (this.#freeBytes() < bytes && (await this.#unloadOldest()));
  }

  /** The idle model or lodger whose last use is longest ago, but for one that has to stay; false if none is idle. */
  async #unloadOldest(except?: string, stays?: Lodger): Promise<boolean> {
    const models = this.#loaded()
      .filter(([id, { model }]) => id !== except && isIdle(model))
      .map(([id, { usedAt }]) => ({ usedAt, leave: () => this.unload(id) }));
    const lodgers = [...this.#lodgers].filter((lodger) => lodger !== stays && lodger.isIdle);
    const [oldest] = [...models, ...lodgers].sort((a, b) => a.usedAt - b.usedAt);
    await oldest?.leave();
    return oldest !== undefined;
  }

  #loaded(): [string, Entry & { model: LoadedModel }][] {
    return [...this.#entries].filter(
      (entry): entry is [string, Entry & { model: LoadedModel }] => entry[1].model !== undefined,
    );
  }
}

function summary(
  id: string,
  name: string,
  { contextLength, file }: LoadedModel,
  backend: Backend,
): ModelSummary {
  return { id, name, contextLength, backend, ...abilities(file) };
}

function abilities(file: ModelFile): Pick<ModelSummary, 'chat' | 'dimensions'> {
  if (whatItMakes(file) === 'vectors') return { chat: false, dimensions: file.config.vectorDim };
  return { chat: file.chatTemplate !== undefined, dimensions: undefined };
}

/** Sends the latest value once the one before it has been read; a reader who has left has no use for any. */
function latestOnly<T>(send: (value: T) => Promise<void>): (value: T) => void {
  let isSending = false;
  let waiting: { value: T } | undefined;
  const next = () => {
    if (isSending || !waiting) return;
    const { value } = waiting;
    waiting = undefined;
    isSending = true;
    send(value)
      .catch(() => {})
      .finally(() => {
        isSending = false;
        next();
      });
  };
  return (value) => {
    waiting = { value };
    next();
  };
}

/** The promise, or the signal's reason if that comes first. What was begun goes on for others. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
