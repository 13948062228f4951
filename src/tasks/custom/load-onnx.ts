import type { RawImage } from '@huggingface/transformers';
import { HearthError } from '../../protocol/errors.ts';
import type { PlainTensor } from '../../protocol/tasks.ts';
import type { Library } from '../library.ts';
import type { Session } from '../ort-sessions.ts';
import { suffixOf } from '../number-formats.ts';
import type { LoadedPipeline, LoadOptions } from '../task.ts';

type Feeds = Parameters<Session['run']>[0];

/** A bundle's one ONNX file, called with tensors by name or with an image for its processor. */
export async function loadOnnx(library: Library, options: LoadOptions): Promise<LoadedPipeline> {
  const session = await options.openSession(onnxFile(options));
  const config = await options.readJson('preprocessor_config.json');
  const processor = config && (await library.AutoProcessor.from_pretrained(options.name));
  const run = async (input: unknown) => {
    const feeds =
      input instanceof library.RawImage
        ? await fromImage(input, session, processor)
        : toFeeds(input as Record<string, PlainTensor>, session, library);
    return wrapped(await session.run(feeds), library);
  };
  return Object.assign(run, { dispose: () => session.release() });
}

/** The one ONNX file that a bundle has; of several, that of the wanted number format. */
export function onnxFile({ paths, dtype }: LoadOptions): string {
  const files = paths.filter((path) => path.endsWith('.onnx'));
  const suffix = suffixOf(dtype);
  const path = files.length === 1 ? files[0] : files.find((file) => file.endsWith(`model${suffix}.onnx`));
  if (path) return path;
  throw new HearthError(
    'unsupported-model',
    `This model has ${files.length} .onnx files; one is needed, or one that is named model${suffix}.onnx.`,
  );
}

function toFeeds(input: Record<string, PlainTensor>, session: Session, { Tensor }: Library): Feeds {
  const missing = session.inputNames.filter((name) => !Object.hasOwn(input, name));
  const unknown = Object.keys(input).filter((name) => !session.inputNames.includes(name));
  if (missing.length > 0 || unknown.length > 0)
    throw new HearthError(
      'bad-input',
      `This model has the inputs ${session.inputNames.join(', ')}; pass exactly these.`,
    );
  return Object.fromEntries(
    Object.entries(input).map(([name, { type, dims, data }]) => [
      name,
      new Tensor(type as 'float32', data as Float32Array, dims).ort_tensor,
    ]),
  ) as Feeds;
}

type Processor = Awaited<ReturnType<Library['AutoProcessor']['from_pretrained']>>;

async function fromImage(
  image: RawImage,
  session: Session,
  processor: Processor | undefined,
): Promise<Feeds> {
  if (!processor)
    throw new HearthError(
      'bad-input',
      'This model has no preprocessor_config.json, which would say how an image becomes its input. Pass tensors.',
    );
  const [name, ...others] = session.inputNames;
  if (others.length > 0)
    throw new HearthError(
      'bad-input',
      'This model has inputs besides an image. Pass all of them as tensors.',
    );
  const { pixel_values } = (await processor(image)) as { pixel_values: { ort_tensor: Feeds[string] } };
  return { [name!]: pixel_values.ort_tensor };
}

function wrapped(outputs: Awaited<ReturnType<Session['run']>>, { Tensor }: Library): object {
  return Object.fromEntries(Object.entries(outputs).map(([name, one]) => [name, new Tensor(one as never)]));
}
