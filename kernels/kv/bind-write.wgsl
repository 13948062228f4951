// For kernels that write to the cache

@group(0) @binding(5) var<storage, read_write> k: array<KvWord>;  // paged
@group(0) @binding(6) var<storage, read_write> v: array<KvWord>;  // paged
