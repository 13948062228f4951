// @ts-check
import { zipSync } from 'fflate';
import { Trouble } from './trouble.mjs';

/** What the store's form says about an upload. */
const MAX_BYTES = 2 * 2 ** 30;

/**
 * The zip to upload: the same bytes for the same files, whenever and wherever it is made.
 * @param {Map<string, Uint8Array>} files The extension's folder: paths and contents
 * @param {string} version The project's
 */
export function storeZip(files, version) {
  const manifest = files.get('manifest.json');
  if (!manifest) throw new Trouble('The build made no manifest.json, so there is no extension to package.');

  const built = JSON.parse(new TextDecoder().decode(manifest)).version;
  if (built !== version)
    throw new Trouble(`manifest.json says version ${built} and package.json ${version}. Make them the same.`);

  const entries = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  // The first moment that a zip can hold, in the time zone of this machine: that is what fflate writes
  const mtime = new Date(1980, 0, 1);
  const zip = zipSync(Object.fromEntries(entries), { level: 9, mtime });
  if (zip.length > MAX_BYTES)
    throw new Trouble(`The zip has ${zip.length} bytes, and the store takes no more than ${MAX_BYTES}.`);
  return zip;
}
