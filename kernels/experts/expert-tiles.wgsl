// Tiles of a stack, for kernels/mat-mul: x is one of the tiles that kernels/experts/group has made, y its place along
// n. Rows of x are places in the pairs' order by expert.

override SHARE: u32;       // pairs that read the same row of x
override OUT_STRIDE: u32;  // values per pair of `out`
override OUT_OFFSET: u32;  // where in it row 0 of an expert goes

@group(0) @binding(3) var<storage, read_write> out: array<f32>;  // (pairs, OUT_STRIDE)
@group(0) @binding(4) var<storage, read> tiles: array<vec4<u32>>;
@group(0) @binding(5) var<storage, read> order: array<u32>;      // (pairs)

struct Tile {
  m: u32,
  n: u32,
  is_empty: bool,
}

// Of the workgroup's tile: its expert in this stack, and the place after its last pair
var<private> own_expert: u32;
var<private> own_end: u32;

fn tile_at(group: vec3<u32>) -> Tile {
  let place = tiles[group.x];
  let expert = place.x - FIRST;
  own_expert = expert;
  own_end = place.z;
  return Tile(place.y, group.y * TILE_N, expert >= EXPERTS || place.y >= place.z);
}

fn weight_row(n: u32) -> u32 {
  return stack_row(own_expert, min(n, N - 1u));
}

fn x_row(m: u32) -> u32 {
  return order[min(m, own_end - 1u)] / SHARE;
}

fn write(m: u32, n: u32, value: f32) {
  if (m < own_end && n < N) {
    out[order[m] * OUT_STRIDE + OUT_OFFSET + n] = value;
  }
}
