// @ts-check
import { hasGpu as findsGpu } from './vulkan.mjs';

/**
 * The flags that let Chromium run an extension from a folder on this machine's GPU.
 * @param {string} extension The built extension's folder
 * @param {object} machine
 * @param {boolean} machine.headless
 * @param {string} [machine.platform]
 * @param {boolean} [machine.isRoot]
 * @param {boolean} [machine.hasGpu]
 */
export function chromiumFlags(
  extension,
  { headless, platform = process.platform, isRoot = process.getuid?.() === 0, hasGpu = findsGpu() },
) {
  const flags = [`--load-extension=${extension}`, '--no-first-run', '--no-default-browser-check'];

  // Chromium's sandbox refuses to start as root
  if (isRoot) flags.push('--no-sandbox');

  // macOS has WebGPU without being asked. On Linux it is off for many drivers, and without a GPU it needs this
  // flag to come with the software adapter.
  if (platform !== 'linux') return flags;
  flags.push('--enable-unsafe-webgpu');

  // With a GPU, Vulkan has to be allowed too. Without one these would leave no adapter at all.
  if (hasGpu) flags.push('--ignore-gpu-blocklist', '--enable-features=Vulkan');
  // Without a display there is no surface to draw to
  if (hasGpu && headless) flags.push('--use-angle=vulkan', '--disable-vulkan-surface');
  return flags;
}
