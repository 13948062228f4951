import { HearthError } from '../protocol/errors.ts';

export const GGUF_HEADER_BYTES = 8;
const VERSIONS = [2, 3];

/** Looks at the first 8 bytes of a file, so that no gigabyte of something else is downloaded. `from` names the place in the sentence. */
export function checkGgufHeader(bytes: Uint8Array, from: string): void {
  const magic = String.fromCharCode(...bytes.subarray(0, 4));
  if (bytes.length < GGUF_HEADER_BYTES || magic !== 'GGUF')
    throw new HearthError('bad-model', `${from} is not a GGUF model file. Choose a file that ends in .gguf.`);

  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const version = view.getUint32(4, true);
  if (VERSIONS.includes(version)) return;
  if (VERSIONS.includes(view.getUint32(4, false)))
    throw new HearthError(
      'unsupported-model',
      `${from} is a big-endian GGUF file, which Hearth cannot read. Choose the usual (little-endian) file.`,
    );
  throw new HearthError(
    'unsupported-model',
    `${from} is a GGUF file of version ${version}; Hearth reads versions 2 and 3. Choose a newer conversion of the model.`,
  );
}
