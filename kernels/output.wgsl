// What one step gives: a row whose result is wanted, or a text that ends with that row.

struct Output {
  sequence: u32,
  position: u32,  // of the row in its sequence, from 0
  row: u32,       // in the step
  choice: u32,    // how its token is chosen: FREELY, UNDER_MASK, or ASIDE + i
}

const FREELY = 0u;
const UNDER_MASK = 1u;
// From here on: what output i, which is under its mask, would say freely. It reads that one's logits, and leaves no trace
const ASIDE = 2u;

fn isAside(output: Output) -> bool {
  return output.choice >= ASIDE;
}
