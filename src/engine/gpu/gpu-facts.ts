import type { GpuFacts } from '../../protocol/performance.ts';
import type { Gpu } from './gpu.ts';

/** What of an adapter its kernels' times hang on. */
export function gpuFacts(gpu: Gpu): GpuFacts {
  const { vendor, architecture, subgroupMinSize, subgroupMaxSize } = gpu.info;
  const { maxComputeWorkgroupStorageSize, maxStorageBufferBindingSize } = gpu.device.limits;
  return {
    vendor,
    architecture,
    isSoftware: gpu.isSoftware,
    hasTimestamps: gpu.has('timestamp-query'),
    subgroup: gpu.has('subgroups') ? { min: subgroupMinSize, max: subgroupMaxSize } : undefined,
    hasF16: gpu.has('shader-f16'),
    hasInt8: gpu.dp4a,
    workgroupBytes: maxComputeWorkgroupStorageSize,
    bindingBytes: maxStorageBufferBindingSize,
  };
}
