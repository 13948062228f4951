// Dawn in Node needs a Vulkan loader and a driver. A machine with a GPU has both; elsewhere Chromium's own
// loader and SwiftShader serve. The loader is found through LD_LIBRARY_PATH, which is read when a process
// starts: so whoever runs Dawn spawns a process with this environment.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/**
 * The environment for a process that uses Dawn.
 * @param {{chromium?: string, icd?: string}} found Chromium's binary; a Vulkan driver (ICD file) to use instead of the choice here
 */
export function vulkanEnvironment({ chromium, icd } = {}) {
  const env = { ...process.env };
  if (process.platform !== 'linux') return env;

  const folder = chromium && dirname(chromium);
  if (!hasLoader() && folder && existsSync(join(folder, 'libvulkan.so.1'))) {
    const link = resolve(import.meta.dirname, '../../out/vulkan');
    mkdirSync(link, { recursive: true });
    rmSync(join(link, 'libvulkan.so.1'), { force: true });
    symlinkSync(join(folder, 'libvulkan.so.1'), join(link, 'libvulkan.so.1'));
    env.LD_LIBRARY_PATH = [link, env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  }

  const software = folder && join(folder, 'vk_swiftshader_icd.json');
  if (icd) env.VK_ICD_FILENAMES = icd;
  else if (!env.VK_ICD_FILENAMES && !env.VK_DRIVER_FILES && !hasDriver() && software && existsSync(software))
    env.VK_ICD_FILENAMES = software;
  return env;
}

function hasLoader() {
  try {
    return execFileSync('/sbin/ldconfig', ['-p'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).includes('libvulkan.so.1');
  } catch {
    return false;
  }
}

function hasDriver() {
  return ['/etc/vulkan/icd.d', '/usr/share/vulkan/icd.d'].some(existsSync);
}
