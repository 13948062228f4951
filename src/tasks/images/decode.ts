import type { RawImage } from '@huggingface/transformers';
import { HearthError } from '../../protocol/errors.ts';
import { MAX_CALL_PIXELS } from '../../protocol/limits.ts';
import type { Library } from '../library.ts';
import { imageSize } from './image-size.ts';
import { type ImageInput, mustBeSmall } from './image-input.ts';

/** The images of one call as the library has them, upright. Browsers decode files, so these need a worker of one. */
export async function decodeAll(inputs: ImageInput[], library: Library): Promise<RawImage[]> {
  const images: RawImage[] = [];
  let pixels = 0;
  for (const [i, input] of inputs.entries()) {
    const image = await decode(input, library, `input ${i}`);
    pixels += image.width * image.height;
    if (pixels > MAX_CALL_PIXELS)
      throw new HearthError(
        'too-long',
        `The images have more than ${MAX_CALL_PIXELS} pixels together. Send them in several calls.`,
      );
    images.push(image);
  }
  return images;
}

async function decode(input: ImageInput, { RawImage }: Library, name: string): Promise<RawImage> {
  if (input.kind === 'pixels') return new RawImage(input.data, input.width, input.height, input.channels);
  if (input.kind === 'bitmap') return drawn(input.bitmap, RawImage);
  // What a file says of its size is looked at before a decoder makes room for it
  const size = imageSize(new Uint8Array(await input.blob.slice(0, 2 ** 18).arrayBuffer()));
  if (size) mustBeSmall(size.width, size.height, name);
  if (typeof createImageBitmap !== 'function')
    throw new HearthError('not-supported', 'Image files are decoded in browsers only. Pass pixels.');
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(input.blob);
  } catch (cause) {
    throw new HearthError(
      'bad-input',
      `This browser cannot read the image (${name}). Pass a PNG, JPEG, WebP, GIF or AVIF file that is whole.`,
      { cause },
    );
  }
  return drawn(bitmap, RawImage);
}

function drawn(bitmap: ImageBitmap, Image: Library['RawImage']): RawImage {
  const { width, height } = bitmap;
  try {
    mustBeSmall(width, height, 'decoded');
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
    context.drawImage(bitmap, 0, 0);
    return new Image(context.getImageData(0, 0, width, height).data, width, height, 4);
  } finally {
    bitmap.close();
  }
}
