// How a decoding row's visible positions are divided: one chunk up to ALONE of them, else chunks of CHUNK from the
// first visible one on, and of more where there would be over MOST_CHUNKS. That depends on the row alone, so its sums do not
// change with what else is in the step.

override ALONE: u32;
override CHUNK: u32;
override MOST_CHUNKS: u32;

// By which chunks grow
const CHUNK_STEP = 32u;

fn visible(position: u32) -> u32 {
  return position + 1 - firstVisible(position);
}

fn isAlone(position: u32) -> bool {
  return visible(position) <= ALONE;
}

fn chunkOf(position: u32) -> u32 {
  if (isAlone(position)) {
    return ALONE;
  }
  let share = (visible(position) + MOST_CHUNKS - 1) / MOST_CHUNKS;
  return max(CHUNK, (share + CHUNK_STEP - 1) / CHUNK_STEP * CHUNK_STEP);
}
