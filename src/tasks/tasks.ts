import type { PreTrainedTokenizer } from '@huggingface/transformers';
import type { LoadedModel, RunningSequence } from '../protocol/engine-calls.ts';
import { HearthError } from '../protocol/errors.ts';
import type { Backend } from '../protocol/models.ts';
import type { Dtype, TaskArgs, TaskModel } from '../protocol/tasks.ts';
import type { Bundle } from './bundle.ts';
import { callPipeline } from './call-pipeline.ts';
import { type Choices, chosen, faster } from './faster.ts';
import type { Library, ReadFile } from './library.ts';
import { LoadedTask } from './loaded-task.ts';
import type { Machine } from './machine.ts';
import { formatsOf } from './number-formats.ts';
import type { Ort } from './ort-sessions.ts';
import { plain } from './plain.ts';
import { TaskQueue, type Waiting } from './task-queue.ts';
import { taskNamed } from './table.ts';
import type { Task, TaskCall, Turns } from './task.ts';

export interface TasksOptions {
  machine: Machine;
  /** Called with the first task. */
  openLibrary(readFile: ReadFile): Promise<{ library: Library; ort: Ort }>;
  /** Fails with `not-found`. */
  bundle(id: string): Promise<Bundle>;
  /** What was found faster before. */
  choices: Choices;
}

export interface TaskRequest extends TaskModel {
  args: TaskArgs;
  origin: string;
}

/**
 * All tasks of this machine. One is computed at a time, since the runtime computes one at a time; whose turn it is, is for
 * `TaskQueue` to say.
 */
export class Tasks {
  readonly #options: TasksOptions;
  readonly #queue: TaskQueue<TaskRequest>;
  readonly #loaded = new Map<string, LoadedTask>();
  /** By the names under which the library asks for files. */
  readonly #reading = new Map<string, Pick<LoadedTask, 'read'>>();
  #opening: Promise<{ library: Library; ort: Ort }> | undefined;
  #names = 0;

  constructor(options: TasksOptions) {
    this.#options = options;
    this.#queue = new TaskQueue({
      now: options.machine.now,
      group: ({ input }) => this.#groupOf(input),
      run: (jobs) => this.#run(jobs),
    });
  }

  /** The answer, as values that can be sent. */
  run(request: TaskRequest, send: (part: unknown) => void, signal: AbortSignal): Promise<unknown> {
    const ask: Turns['ask'] = (args, onPart = send) =>
      this.#queue.add({ input: { ...request, args }, origin: request.origin, send: onPart, signal });
    return taskNamed(request.task).inTurns?.(request.args, { ask, send }) ?? ask(request.args);
  }

  /** Loads a model so far as is known where it will run: says where it is now. */
  async open(model: TaskModel & { origin: string }, signal: AbortSignal): Promise<{ backend: Backend }> {
    const args: TaskArgs = { inputs: [], isList: true, rest: [], options: {} };
    const answer = await this.#queue.add({
      input: { ...model, args },
      origin: model.origin,
      send() {},
      signal,
    });
    return answer as { backend: Backend };
  }

  /** Ends every call, or those of one origin; says how many. */
  stop(origin: string | undefined): number {
    return this.#queue.stop(origin);
  }

  /** Takes a model out of memory. */
  async unload(id: string): Promise<void> {
    for (const loaded of [...this.#loaded.values()])
      if (loaded.wish.bundle.id === id) await this.#putOut(loaded);
  }

  /** Paths of the files that a task reads of a bundle in a number format, by the library's word. */
  async filesFor({ task: name }: TaskModel, bundle: Bundle, format: Dtype): Promise<string[]> {
    const task = taskNamed(name);
    if (task.filesOf === null)
      return bundle.paths.filter((path) => path.endsWith('.onnx') && formatsOf([path]).includes(format));
    const { library } = await this.#runtime();
    return this.#named(bundle, (alias) =>
      library.ModelRegistry.get_pipeline_files((task.filesOf ?? task.name) as never, alias, {
        dtype: format,
      }),
    );
  }

  /** Where a model is in memory. */
  backendOf(id: string): Backend | undefined {
    return this.#inMemory(id)?.wish.backend;
  }

  /** Tokens that texts have for a model that is in memory; 0 where it has no tokenizer. */
  tokens(id: string, texts: readonly string[]): number {
    const tokenizer = this.#inMemory(id)?.pipeline.tokenizer as
      | Pick<PreTrainedTokenizer, 'encode'>
      | undefined;
    return texts.reduce((sum, text) => sum + (tokenizer?.encode(text).length ?? 0), 0);
  }

  get loaded(): LoadedModel[] {
    return [...this.#loaded.values()]
      .filter(({ hasLeft }) => !hasLeft)
      .map(({ wish, bytes }) => ({
        id: wish.bundle.id,
        name: wish.bundle.id,
        weightsBytes: bytes,
        kvBytes: 0,
        activationsBytes: 0,
      }));
  }

  get running(): RunningSequence[] {
    return this.#queue.all.map(({ id, input: { origin, model }, isRunning }) => ({
      // Those of the engine's answers count up
      id: -id,
      origin,
      model,
      phase: isRunning ? 'prefill' : 'waiting',
      promptTokens: 0,
      completionTokens: 0,
      tokensPerSecond: 0,
    }));
  }

  #inMemory(id: string): LoadedTask | undefined {
    return [...this.#loaded.values()].find(({ wish, hasLeft }) => wish.bundle.id === id && !hasLeft);
  }

  #runtime(): Promise<{ library: Library; ort: Ort }> {
    this.#opening ??= this.#options.openLibrary(async (name, path) => this.#reading.get(name)?.read(path));
    this.#opening.catch(() => (this.#opening = undefined));
    return this.#opening;
  }

  /** Calls with equal groups may be one. On the processor one after the other is as fast. */
  #groupOf({ args, ...model }: TaskRequest): string | undefined {
    const task = taskNamed(model.task);
    const key = args.inputs.length > 0 ? task.together?.key(args) : undefined;
    const isOnDevice = [...this.#loaded.values()].some(
      ({ wish }) => wish.bundle.id === model.model && wish.task === task && wish.backend === 'webgpu',
    );
    return key && isOnDevice
      ? `${model.model} ${model.task} ${model.dtype} ${model.device} ${key}`
      : undefined;
  }

  async #run(jobs: Waiting<TaskRequest>[]): Promise<unknown[]> {
    const { input, send, signal } = jobs[0]!;
    const task = taskNamed(input.task);
    const { library } = await this.#runtime();
    const counts = jobs.map(({ input: { args } }) => args.inputs.length);
    const args =
      jobs.length === 1
        ? input.args
        : { ...input.args, isList: true, inputs: jobs.flatMap(({ input: { args } }) => args.inputs) };
    const compute = (loaded: LoadedTask, onPart = send) => {
      const call: TaskCall = { library, signal, send: onPart };
      return this.#watched(loaded, () => (task.run ?? callPipeline)(loaded.pipeline, args, call));
    };
    const isOpening = args.inputs.length === 0;
    const answer = await this.#onFaster(input, task, isOpening ? undefined : compute);
    const answers = jobs.length === 1 ? [answer] : task.together!.split(answer, counts);
    return answers.map((one) => plain(one, library));
  }

  /** Where it is faster: found out with the first call that a model gets, unless the page has said where. */
  async #onFaster(
    model: TaskModel,
    task: Task,
    compute: ((loaded: LoadedTask, send?: TaskCall['send']) => Promise<unknown>) | undefined,
  ): Promise<unknown> {
    const { machine, choices } = this.#options;
    const bundle = await this.#options.bundle(model.model);
    const dtype = model.dtype ?? formatsOf(bundle.paths)[0] ?? 'fp32';
    const on = (backend: Backend) => this.#ready({ task, dtype, backend, bundle });
    const gpu = model.device ? undefined : await machine.device();
    const key = `${gpu?.adapter} | ${bundle.id} ${task.name} ${dtype}`;
    const backend = task.onlyWasm ? 'wasm' : (model.device ?? (gpu ? await chosen(choices, key) : 'wasm'));
    // Before anything is asked, the processor will do
    if (!compute) return { backend: (await on(backend ?? 'wasm')).wish.backend };
    if (backend) return this.#twice(() => on(backend), compute);

    // Computed several times, it would tell everything several times
    const first = await faster(on, (loaded) => compute(loaded, () => {}), machine.now);
    await choices.set(key, first.backend);
    for (const loser of first.others) await this.#putOut(loser);
    return first.answer;
  }

  /** Once more, if the device was lost meanwhile. */
  async #twice(load: () => Promise<LoadedTask>, compute: (loaded: LoadedTask) => Promise<unknown>) {
    const loaded = await load();
    try {
      return await compute(loaded);
    } catch (error) {
      if (!(await loaded.isLost())) throw error;
      await this.#putOut(loaded);
      return compute(await load());
    }
  }

  async #ready(wish: Pick<LoadedTask['wish'], 'task' | 'dtype' | 'backend' | 'bundle'>): Promise<LoadedTask> {
    const key = `${wish.bundle.id} ${wish.task.name} ${wish.dtype} ${wish.backend}`;
    const known = this.#loaded.get(key);
    if (known && !known.hasLeft && !(known.wish.backend === 'webgpu' && (await known.isLost()))) return known;
    if (known) await this.#putOut(known);

    const mustGoOn = () => this.#queue.mustGoOn();
    const { machine } = this.#options;
    const loaded = new LoadedTask({ ...wish, ...(await this.#runtime()), machine, mustGoOn });
    await this.#named(loaded, (name) => loaded.open(name));
    this.#loaded.set(key, loaded);
    loaded.isIdle = true;
    return loaded;
  }

  /** While it lasts, the library reads files by a name. Never the same one again: it remembers what it has read. */
  async #named<T>(files: Pick<LoadedTask, 'read'>, use: (name: string) => Promise<T>): Promise<T> {
    const name = `bundle-${++this.#names}`;
    this.#reading.set(name, files);
    try {
      return await use(name);
    } finally {
      this.#reading.delete(name);
    }
  }

  async #watched(loaded: LoadedTask, work: () => Promise<unknown>): Promise<unknown> {
    loaded.isIdle = false;
    try {
      return await work();
    } catch (error) {
      if (error instanceof HearthError) throw error;
      this.#queue.mustGoOn();
      const { task, bundle } = loaded.wish;
      const why = error instanceof Error ? error.message.slice(0, 300) : String(error);
      throw new HearthError(
        'bad-input',
        `${bundle.id} could not do ${task.name} with this: ${why} Check what was passed, or choose another model.`,
        { cause: error },
      );
    } finally {
      loaded.usedAt = this.#options.machine.now();
      loaded.isIdle = true;
    }
  }

  async #putOut(loaded: LoadedTask): Promise<void> {
    for (const [key, one] of this.#loaded) if (one === loaded) this.#loaded.delete(key);
    await loaded.leave();
  }
}
