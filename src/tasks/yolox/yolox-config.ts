import * as v from 'valibot';
import { HearthError } from '../../protocol/errors.ts';
import type { LoadOptions } from '../task.ts';

const side = v.pipe(v.number(), v.integer(), v.minValue(32), v.maxValue(4_096));
const stride = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(256));
const part = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

/** `config.json`: what the model's rows mean. */
const Model = v.object({
  model_type: v.literal('yolox'),
  id2label: v.record(v.string(), v.string()),
  /** Pixels that a cell of each of its grids stands for, in the order of the rows. */
  strides: v.optional(v.pipe(v.array(stride), v.minLength(1), v.maxLength(8)), [8, 16, 32]),
  score_threshold: v.optional(part, 0.3),
  nms_threshold: v.optional(part, 0.45),
});

/** `preprocessor_config.json`: how an image becomes its input. */
const Processor = v.object({
  size: v.object({ height: side, width: side }),
  /** Of what is beside and below the image, which keeps its shape. */
  pad_value: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(255)), 114),
  resample: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(5)), 2),
  /** Blue first. */
  do_flip_channel_order: v.optional(v.boolean(), true),
  do_rescale: v.optional(v.boolean(), false),
  rescale_factor: v.optional(v.number(), 1 / 255),
});

export type YoloxConfig = v.InferOutput<typeof Model> & { processor: v.InferOutput<typeof Processor> };

export async function readYoloxConfig({ readJson }: LoadOptions): Promise<YoloxConfig> {
  const model = v.safeParse(Model, await readJson('config.json'));
  const processor = v.safeParse(Processor, await readJson('preprocessor_config.json'));
  const issue = model.issues?.[0] ?? processor.issues?.[0];
  if (model.success && processor.success) return { ...model.output, processor: processor.output };
  const file = model.success ? 'preprocessor_config.json' : 'config.json';
  throw new HearthError(
    'unsupported-model',
    `This YOLOX model's ${file} is not in order: ${v.getDotPath(issue!) ?? 'the file'}: ${issue!.message}.`,
  );
}
