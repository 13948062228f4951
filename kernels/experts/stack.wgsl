// A stack: the weights of experts FIRST to FIRST + EXPERTS of a layer, N rows each
//
// It is made of tensors that have SPAN rows of each expert: one tensor after the other, and in each one expert
// after the other.

override FIRST: u32;
override EXPERTS: u32;
override N: u32;
override SPAN: u32;  // N, or half of it where gate and up are tensors of their own

// Every row that is asked for is there
const counts = vec4<u32>(0xffffffffu);

// Of w: row n of the stack's expert
fn stack_row(expert: u32, n: u32) -> u32 {
  return (n / SPAN * EXPERTS + expert) * SPAN + n % SPAN;
}
