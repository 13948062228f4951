// For kernels that read the cache

@group(0) @binding(1) var<storage, read> k: array<KvWord>;  // paged
@group(0) @binding(2) var<storage, read> v: array<KvWord>;  // paged
