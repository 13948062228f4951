import { badModel, unsupportedModel } from '../errors.ts';

/** Magic and version. */
export const START_BYTES = 8;
const VERSIONS = [2, 3];

/** Looks at a file's first bytes, so that no gigabyte of something else is downloaded. `from` names the file in the sentence. */
export function checkStart(bytes: Uint8Array, from: string): void {
  const magic = String.fromCharCode(...bytes.subarray(0, 4));
  if (bytes.length < START_BYTES || magic !== 'GGUF')
    throw badModel(`${from} is not a GGUF model file. Choose a file that ends in .gguf.`);

  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const version = view.getUint32(4, true);
  if (VERSIONS.includes(version)) return;
  if (VERSIONS.includes(view.getUint32(4, false)))
    throw unsupportedModel(
      `${from} is a big-endian GGUF file, which Hearth cannot read. Choose the usual (little-endian) file.`,
    );
  throw unsupportedModel(
    `${from} is a GGUF file of version ${version}; Hearth reads versions 2 and 3. Choose a newer conversion of the model.`,
  );
}
