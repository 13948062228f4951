// What one step gives: a row whose result is wanted, or a text that ends with that row.

struct Output {
  sequence: u32,
  position: u32,  // of the row in its sequence, from 0
  row: u32,       // in the step
  unused: u32,
}
