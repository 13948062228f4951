// @ts-check
// Dawn in Node needs a Vulkan loader and a driver. A machine with a GPU has both; elsewhere Chromium's own
// loader and SwiftShader serve. The loader is found through LD_LIBRARY_PATH, which is read when a process
// starts: so whoever runs Dawn spawns a process with this environment.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { out } from './run.mjs';

const LOADER = 'libvulkan.so.1';

/**
 * The environment for a process that uses Dawn.
 * @param {{chromium?: string | undefined, icd?: string | undefined}} [found] Chromium's binary; a Vulkan driver (ICD file) to use instead of the choice here
 * @returns {NodeJS.ProcessEnv}
 */
export function vulkanEnvironment({ chromium, icd } = {}) {
  const env = { ...process.env };
  if (process.platform !== 'linux') return env;

  const folder = chromium && dirname(chromium);
  if (!hasLoader() && folder && existsSync(join(folder, LOADER)))
    env.LD_LIBRARY_PATH = [loaderOnly(folder), env.LD_LIBRARY_PATH].filter(Boolean).join(':');

  const software = folder && join(folder, 'vk_swiftshader_icd.json');
  if (icd) env.VK_ICD_FILENAMES = icd;
  else if (!env.VK_ICD_FILENAMES && !env.VK_DRIVER_FILES && !hasGpu() && software && existsSync(software))
    env.VK_ICD_FILENAMES = software;
  return env;
}

/**
 * Whether a graphics driver shows a device: Mesa's by a render node, NVIDIA's also by its own. An installed
 * Vulkan driver says nothing: distributions install them all at once.
 */
export function hasGpu() {
  return (
    existsSync('/dev/nvidia0') ||
    (existsSync('/dev/dri') && readdirSync('/dev/dri').some((name) => name.startsWith('renderD')))
  );
}

function hasLoader() {
  try {
    const options = { encoding: /** @type {const} */ ('utf8'), stdio: /** @type {const} */ ('pipe') };
    return execFileSync('/sbin/ldconfig', ['-p'], options).includes(LOADER);
  } catch {
    return false;
  }
}

/**
 * A folder with a link to the loader and nothing else, since Chromium's own folder holds libraries that must
 * not take the place of the system's.
 * @param {string} chromiumFolder
 */
function loaderOnly(chromiumFolder) {
  const folder = join(out, 'vulkan', chromiumFolder.replaceAll(/[^\w.-]+/g, '_'));
  mkdirSync(folder, { recursive: true });
  try {
    symlinkSync(join(chromiumFolder, LOADER), join(folder, LOADER));
  } catch (error) {
    // It is there from an earlier run, or from one at the same moment
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return folder;
}
