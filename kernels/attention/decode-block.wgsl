// What a workgroup of decoding attention has: BLOCK heads of a group, a row, a chunk of the positions that it sees.
//
// The kernel that this is joined to has THREADS and `held`, in whose first quads it finds its queries.

override BLOCK: u32;  // 1–4

override GROUP = HEADS / KV_HEADS;
override BLOCKS = (GROUP + BLOCK - 1) / BLOCK;

const SINKS = 7;

@group(0) @binding(3) var<storage, read> pages: array<u32>;                 // (sequences, MAX_PAGES)
@group(0) @binding(4) var<storage, read> step: array<Row>;                  // (N)
@group(0) @binding(5) var<storage, read_write> out: array<vec4<f32>>;       // (N, HEADS, HEAD_QUADS)
// (chunks, N, HEADS, HEAD_QUADS + 1): weighted values, then (peak, sum of weights, 0, 0)
@group(0) @binding(6) var<storage, read_write> partials: array<vec4<f32>>;

struct Place {
  row: u32,
  sequence: u32,
  kvHead: u32,
  firstHead: u32,
  heads: u32,     // of the block: the last one of a group may lack some
  first: u32,     // position
  end: u32,       // past the last position; at most `first` where the row has no such chunk
  isLast: bool,   // whether the row's own position is the last one
}

// `group` is (block, row, chunk)
fn placeOf(group: vec3<u32>) -> Place {
  let kvHead = group.x / BLOCKS;
  let firstHead = kvHead * GROUP + group.x % BLOCKS * BLOCK;
  let heads = min(BLOCK, (kvHead + 1) * GROUP - firstHead);
  let here = step[group.y];
  let chunk = chunkOf(here.position);
  let first = firstVisible(here.position) + group.z * chunk;
  let end = min(first + chunk, here.position + 1);
  return Place(group.y, here.sequence, kvHead, firstHead, heads, first, end, end == here.position + 1);
}

// The block's queries, and the row's own key and value where they are to be cached; waits for them
fn beginBlock(place: Place, thread: u32) {
  startHeads(place.row, place.firstHead, place.heads, place.kvHead, thread);
  for (var i = thread; i < BLOCK * HEAD_QUADS; i += THREADS) {
    // A block may lack heads: their scores are of no use
    let h = min(i / HEAD_QUADS, place.heads - 1);
    held[i] = query(place.row, place.firstHead + h, h, i % HEAD_QUADS) * (SCALE * LOG2_E);
  }
  if (place.isLast) {
    cacheOwn(place.row, place.kvHead, thread);
  }
  storageBarrier();
  workgroupBarrier();
}

// Where in `partials` a head of the place has its quads
fn partialOf(place: Place, head: u32, chunk: u32, rows: u32) -> u32 {
  return ((chunk * rows + place.row) * HEADS + head) * (HEAD_QUADS + 1);
}
