// Where the KV cache keeps things. Words of a layer's K (and V): (physical pages, KV_HEADS, PAGE, ENTRY), where an entry
// is what one head keeps for one position.
// The kernel that this is joined to binds `pages: array<u32>`, (sequences, MAX_PAGES).

override KV_HEADS: u32;
override HEAD_DIM: u32;
override PAGE: u32;
override MAX_PAGES: u32;

override HEAD_QUADS = HEAD_DIM / 4;

// The first word of an entry
fn kvIndex(sequence: u32, position: u32, head: u32) -> u32 {
  let page = pages[sequence * MAX_PAGES + position / PAGE];
  return ((page * KV_HEADS + head) * PAGE + position % PAGE) * ENTRY;
}
