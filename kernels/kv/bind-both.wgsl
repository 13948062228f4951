// For kernels that read the cache and write to it

@group(0) @binding(1) var<storage, read_write> k: array<KvWord>;  // paged
@group(0) @binding(2) var<storage, read_write> v: array<KvWord>;  // paged
