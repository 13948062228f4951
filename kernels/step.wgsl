// What one step runs: `rows` tokens, of which some are outputs (their logits are wanted).

struct Row {
  token: u32,     // an id, or SAMPLED: the token that `sequence` sampled last
  position: u32,  // in its sequence, from 0
  sequence: u32,  // slot: index into page tables, samplers and sampled tokens
  output: u32,    // index among the outputs, or NONE
}

const SAMPLED = 0xffffffffu;
const NONE = 0xffffffffu;
