// Where the KV cache keeps things. Quads of a layer's K (and V): (physical pages, KV_HEADS, PAGE, HEAD_DIM / 4).
// The kernel that this is joined to binds `pages: array<u32>`, (sequences, MAX_PAGES).

override KV_HEADS: u32;
override HEAD_DIM: u32;
override PAGE: u32;
override MAX_PAGES: u32;

override HEAD_QUADS = HEAD_DIM / 4;

// The first quad of what one head keeps for one position
fn kvIndex(sequence: u32, position: u32, head: u32) -> u32 {
  let page = pages[sequence * MAX_PAGES + position / PAGE];
  return ((page * KV_HEADS + head) * PAGE + position % PAGE) * HEAD_QUADS;
}
