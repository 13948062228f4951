// Group: the pairs in the order of their experts, and tiles of up to TILE pairs of one expert
//
// A tile is (expert, first, end, 0) of places in `order`; tiles that are not needed end where they begin. One
// workgroup: it counts the pairs of each expert, each thread finds out where its experts' pairs begin and cuts them,
// then every pair takes the next place of its expert. Which place that is changes no result.

override EXPERTS: u32;
override USED: u32;
override TILE: u32;
override THREADS: u32;

@group(0) @binding(0) var<storage, read> routes: array<Route>;             // (M, USED)
@group(0) @binding(1) var<storage, read_write> order: array<u32>;          // (M, USED)
@group(0) @binding(2) var<storage, read_write> tiles: array<vec4<u32>>;
@group(0) @binding(3) var<uniform> counts: vec4<u32>;                      // M

var<workgroup> sizes: array<atomic<u32>, EXPERTS>;
var<workgroup> places: array<atomic<u32>, EXPERTS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) thread: u32) {
  let pairs = counts.x * USED;
  for (var pair = thread; pair < pairs; pair += THREADS) {
    atomicAdd(&sizes[routes[pair].expert], 1u);
  }
  workgroupBarrier();
  for (var expert = thread; expert < EXPERTS; expert += THREADS) {
    cut(expert);
  }
  let used = tiles_before(EXPERTS);
  for (var tile = used + thread; tile < pairs / TILE + min(EXPERTS, pairs); tile += THREADS) {
    tiles[tile] = vec4<u32>();
  }
  workgroupBarrier();
  for (var pair = thread; pair < pairs; pair += THREADS) {
    order[atomicAdd(&places[routes[pair].expert], 1u)] = pair;
  }
}

fn cut(expert: u32) {
  var start = 0u;
  for (var other = 0u; other < expert; other++) {
    start += atomicLoad(&sizes[other]);
  }
  atomicStore(&places[expert], start);
  let end = start + atomicLoad(&sizes[expert]);
  var tile = tiles_before(expert);
  for (var first = start; first < end; first += TILE) {
    tiles[tile] = vec4<u32>(expert, first, min(first + TILE, end), 0u);
    tile++;
  }
}

fn tiles_before(expert: u32) -> u32 {
  var count = 0u;
  for (var other = 0u; other < expert; other++) {
    count += (atomicLoad(&sizes[other]) + TILE - 1u) / TILE;
  }
  return count;
}
