// How a decoding row's visible positions are divided: one chunk up to ALONE of them, else chunks of CHUNK from the
// first visible one on. That depends on the row alone, so its sums do not change with what else is in the step.

override ALONE: u32;
override CHUNK: u32;

fn visible(position: u32) -> u32 {
  return position + 1 - firstVisible(position);
}

fn isAlone(position: u32) -> bool {
  return visible(position) <= ALONE;
}

fn chunkOf(position: u32) -> u32 {
  return select(CHUNK, ALONE, isAlone(position));
}
