// Marks the prompt tokens among the rows of a step in their sequences' counts, for the repetition penalty. Tokens
// that the sequence sampled itself are counted when they are picked.
//
// One workgroup of one thread per row: a row past the last would mark what no prompt holds.

override VOCAB: u32;

const PROMPT = 0x80000000u;

@group(0) @binding(0) var<storage, read> step: array<Row>;                   // (N)
@group(0) @binding(1) var<storage, read_write> counts: array<atomic<u32>>;  // (sequences, VOCAB)

@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) group: vec3<u32>) {
  let here = step[group.x];
  if (here.token != SAMPLED) {
    atomicOr(&counts[here.sequence * VOCAB + here.token], PROMPT);
  }
}
