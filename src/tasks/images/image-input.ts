import { HearthError } from '../../protocol/errors.ts';
import * as limits from '../../protocol/limits.ts';
import { bad, isPlain, type Parse } from '../args.ts';

/** An image as a page may send it, before anything is decoded: a file, a bitmap, or pixels. */
export type ImageInput =
  | { kind: 'file'; blob: Blob }
  | { kind: 'bitmap'; bitmap: ImageBitmap }
  | {
      kind: 'pixels';
      width: number;
      height: number;
      channels: 1 | 3 | 4;
      data: Uint8Array | Uint8ClampedArray;
    };

/** A Blob, an ImageBitmap, an ImageData or the like of one (`data`, `width`, `height`, `channels`), a `data:` address. */
export const image: Parse<ImageInput> = (value, name) => {
  if (typeof value === 'string') return { kind: 'file', blob: fromAddress(value, name) };
  if (value instanceof Blob) return { kind: 'file', blob: small(value, name) };
  if (typeof ImageBitmap === 'function' && value instanceof ImageBitmap) {
    mustBeSmall(value.width, value.height, name);
    return { kind: 'bitmap', bitmap: value };
  }
  // `ImageData` has its sizes in its prototype
  if (isPlain(value)) return pixels(value, name);
  throw bad(name, 'an image: a Blob, an ImageBitmap, an ImageData or a data: address');
};

export function mustBeSmall(width: number, height: number, name: string): void {
  if (width * height <= limits.MAX_IMAGE_PIXELS) return;
  throw new HearthError(
    'too-long',
    `The image (${name}) has ${width} × ${height} pixels; more than ${limits.MAX_IMAGE_PIXELS} are not taken. Make it smaller first.`,
  );
}

function pixels(value: Record<string, unknown>, name: string): ImageInput {
  const { data, width, height } = value;
  const isBytes = data instanceof Uint8Array || data instanceof Uint8ClampedArray;
  const areSizes = [width, height].every((size) => Number.isInteger(size) && (size as number) > 0);
  if (!isBytes || !areSizes)
    throw bad(name, 'an image: a Blob, an ImageBitmap, an ImageData or a data: address');
  const [w, h] = [width as number, height as number];
  mustBeSmall(w, h, name);
  const channels = value.channels ?? data.length / (w * h);
  if ((channels !== 1 && channels !== 3 && channels !== 4) || data.length !== w * h * channels)
    throw bad(name, `${w} × ${h} pixels of 1, 3 or 4 bytes each, not ${data.length} bytes`);
  return { kind: 'pixels', width: w, height: h, channels, data: data.slice() };
}

function fromAddress(address: string, name: string): Blob {
  const match = /^data:([^,]*?)(;base64)?,(.*)$/s.exec(address);
  if (!match)
    throw new HearthError(
      'bad-input',
      'Hearth fetches no addresses for pages. Fetch the image and pass its Blob, or a data: address.',
    );
  if (address.length > 2 * limits.MAX_IMAGE_BYTES) throw tooMany(address.length, name);
  const [, type, base64, body] = match;
  try {
    const binary = base64 ? atob(decodeURIComponent(body!)) : decodeURIComponent(body!);
    return small(new Blob([Uint8Array.from(binary, (char) => char.charCodeAt(0))], { type }), name);
  } catch (error) {
    if (error instanceof HearthError) throw error;
    throw new HearthError('bad-input', 'This data: address is damaged. Pass the image as a Blob.', {
      cause: error,
    });
  }
}

function small(blob: Blob, name: string): Blob {
  if (blob.size > limits.MAX_IMAGE_BYTES) throw tooMany(blob.size, name);
  return blob;
}

function tooMany(bytes: number, name: string): HearthError {
  return new HearthError(
    'too-long',
    `The image (${name}) has ${bytes} bytes; more than ${limits.MAX_IMAGE_BYTES} are not taken. Make it smaller first.`,
  );
}
