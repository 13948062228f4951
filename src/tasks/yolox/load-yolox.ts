import type { RawImage } from '@huggingface/transformers';
import { HearthError } from '../../protocol/errors.ts';
import { onnxFile } from '../custom/load-onnx.ts';
import type { Library } from '../library.ts';
import type { LoadedPipeline, LoadOptions } from '../task.ts';
import { type Box, decodeBoxes, withoutDoubles } from './decode-boxes.ts';
import { readYoloxConfig, type YoloxConfig } from './yolox-config.ts';

export async function isYolox({ readJson }: LoadOptions): Promise<boolean> {
  return (await readJson('config.json'))?.model_type === 'yolox';
}

interface DetectionOptions {
  threshold?: number;
  percentage?: boolean;
}

/** Called as the library's own pipeline for detection, and answers as that does. */
export async function loadYolox(library: Library, options: LoadOptions): Promise<LoadedPipeline> {
  const config = await readYoloxConfig(options);
  const session = await options.openSession(onnxFile(options));
  const detect = async (image: RawImage, wish: DetectionOptions) => {
    const { pixels, scale } = await letterbox(image, config);
    const { height, width } = config.processor.size;
    const input = new library.Tensor('float32', pixels, [1, 3, height, width]);
    const output = await session.run({ [session.inputNames[0]!]: input.ort_tensor as never });
    const { data, dims } = output[session.outputNames[0]!]!;
    const columns = dims.at(-1)!;
    const cells = config.strides.reduce((sum, s) => sum + Math.floor(width / s) * Math.floor(height / s), 0);
    if (!(data instanceof Float32Array) || data.length !== cells * columns || columns < 6)
      throw new HearthError(
        'unsupported-model',
        `This model's output is ${dims.join(' × ')}, and YOLOX of this size has ${cells} rows of 5 values and the classes.`,
      );
    const threshold = wish.threshold ?? config.score_threshold;
    const boxes = decodeBoxes(data, columns, { width, height, strides: config.strides, threshold });
    return withoutDoubles(boxes, config.nms_threshold).map((box) => named(box, scale, image, config, wish));
  };
  const run = async (images: unknown, wish: unknown) => {
    if (!Array.isArray(images)) return detect(images as RawImage, wish as DetectionOptions);
    const answers: unknown[] = [];
    for (const image of images) answers.push(await detect(image, wish as DetectionOptions));
    return answers;
  };
  return Object.assign(run, { dispose: () => session.release() });
}

/** The image as large as fits, at the top left, as planes of floats. `scale` is what its pixels became. */
async function letterbox(
  image: RawImage,
  { processor }: YoloxConfig,
): Promise<{ pixels: Float32Array; scale: number }> {
  const { height, width } = processor.size;
  const scale = Math.min(width / image.width, height / image.height);
  const fitted = await image
    .clone()
    .rgb()
    .resize(Math.trunc(image.width * scale), Math.trunc(image.height * scale), {
      resample: processor.resample as 2,
    });
  const factor = processor.do_rescale ? processor.rescale_factor : 1;
  const pixels = new Float32Array(3 * height * width).fill(processor.pad_value * factor);
  for (let y = 0; y < fitted.height; y++)
    for (let x = 0; x < fitted.width; x++)
      for (let c = 0; c < 3; c++) {
        const plane = processor.do_flip_channel_order ? 2 - c : c;
        pixels[(plane * height + y) * width + x] = fitted.data[(y * fitted.width + x) * 3 + c]! * factor;
      }
  return { pixels, scale };
}

function named(
  { score, label, ...box }: Box,
  scale: number,
  { width, height }: RawImage,
  { id2label }: YoloxConfig,
  { percentage = false }: DetectionOptions,
) {
  const [byX, byY] = percentage ? [width, height] : [1, 1];
  const within = (value: number, most: number, by: number) => Math.min(most, Math.max(0, value / scale)) / by;
  return {
    score,
    label: id2label[label] ?? `LABEL_${label}`,
    box: {
      xmin: within(box.xmin, width, byX),
      ymin: within(box.ymin, height, byY),
      xmax: within(box.xmax, width, byX),
      ymax: within(box.ymax, height, byY),
    },
  };
}
