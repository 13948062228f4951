import * as v from 'valibot';
import { parser } from '../channel/parser.ts';
import type { Handlers } from '../channel/serve.ts';
import { HearthError } from '../protocol/errors.ts';
import { MAX_MODEL_ID_CHARS } from '../protocol/limits.ts';
import type { PageCalls } from '../protocol/page-calls.ts';
import { DTYPES, type TaskModel } from '../protocol/tasks.ts';
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

/** `hearth.pipeline` and what it gives. Each task parses its own arguments; models are consented to as all others are. */
export function taskCalls({
  page,
  consent,
  engine,
  slots,
}: GenerationDeps): Pick<Handlers<PageCalls>, 'pipeline' | 'runPipeline'> {
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
        const request = input as TaskModel & { args: ReturnType<ReturnType<typeof taskNamed>['parse']> };
        await consent.need(page, [request.model], call.signal);
        const free = slots.take(origin);
        try {
          const client = await engine.client();
          const args = (await taskNamed(request.task).prepare?.(request.args)) ?? request.args;
          const stream = client.stream('runTask', { ...request, args, origin }, { signal: call.signal });
          for await (const part of stream) await call.send(part);
          return await stream.output;
        } finally {
          free();
        }
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
