import * as v from 'valibot';
import { parser } from '../channel/parser.ts';
import type { Stream } from '../channel/connect.ts';
import type { Handlers } from '../channel/serve.ts';
import { HearthError } from '../protocol/errors.ts';
import { MAX_MODEL_ID_CHARS } from '../protocol/limits.ts';
import type { PageCalls } from '../protocol/page-calls.ts';
import { DTYPES, type TaskArgs, type TaskModel } from '../protocol/tasks.ts';
import { taskNamed } from '../tasks/table.ts';
import type { GenerationDeps } from './generation.ts';

const absent = <Schema extends v.GenericSchema>(schema: Schema) => v.optional(v.nullable(schema));

const PipelineInput = v.strictObject({
  task: v.pipe(v.string(), v.maxLength(100)),
  model: absent(v.pipe(v.string(), v.nonEmpty(), v.maxLength(MAX_MODEL_ID_CHARS))),
  dtype: absent(v.picklist(DTYPES)),
  device: absent(v.picklist(['wasm', 'webgpu'])),
});

const TaskInput = v.strictObject({
  ...PipelineInput.entries,
  args: v.pipe(v.array(v.unknown()), v.maxLength(8)),
});

/** A task's request, its arguments parsed. */
export interface TaskWish extends TaskModel {
  args: TaskArgs;
}

/** Begins a task for a page, once the user allows its model and the page has a slot left. */
export async function beginTask(
  { page, consent, engine, slots }: GenerationDeps,
  wish: TaskWish,
  signal: AbortSignal,
): Promise<Stream<unknown, unknown>> {
  await consent.need(page, [wish.model], signal);
  const free = slots.take(page.origin);
  try {
    const args = (await taskNamed(wish.task).prepare?.(wish.args)) ?? wish.args;
    const client = await engine.client();
    const stream = client.stream('runTask', { ...wish, args, origin: page.origin }, { signal });
    stream.output.then(free, free);
    return stream;
  } catch (error) {
    free();
    throw error;
  }
}

/** `hearth.pipeline` and what it gives. Each task parses its own arguments; models are consented to as all others are. */
export function taskCalls(deps: GenerationDeps): Pick<Handlers<PageCalls>, 'pipeline' | 'runPipeline'> {
  const { page, consent, engine, slots } = deps;
  const { origin } = page;
  return {
    pipeline: {
      parse: (input) => modelOf(parser(PipelineInput)(input)),
      async run(input, call) {
        const model = input as TaskModel;
        await consent.needWithDownload(page, model.model, call.signal);
        const free = slots.take(origin);
        try {
          const client = await engine.client();
          const stream = client.stream('openTask', { ...model, origin }, { signal: call.signal });
          for await (const part of stream) await call.send(part);
          await stream.output;
          return { task: model.task, model: model.model };
        } finally {
          free();
        }
      },
    },
    runPipeline: {
      parse(input) {
        const { args, ...model } = parser(TaskInput)(input);
        return { ...modelOf(model), args: taskNamed(model.task).parse(args) };
      },
      async run(input, call) {
        const stream = await beginTask(deps, input as TaskWish, call.signal);
        for await (const part of stream) await call.send(part);
        return stream.output;
      },
    },
  };
}

function modelOf({ task: name, model, dtype, device }: v.InferOutput<typeof PipelineInput>): TaskModel {
  const task = taskNamed(name);
  const id = model ?? task.model;
  if (!id) throw new HearthError('bad-input', `The task ${task.name} has no model of its own: name one.`);
  return { task: task.name, model: id, dtype: dtype ?? undefined, device: device ?? undefined };
}
