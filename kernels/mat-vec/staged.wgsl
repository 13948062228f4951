// x in workgroup memory: read from the buffer in order, and from here by lanes that are a unit apart

struct Thread {
  @builtin(local_invocation_index) index: u32,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
}

var<workgroup> staged: array<Four, COLS * CHUNK * 8>; // (COLS, CHUNK, 8), each unit shuffled by `slot`

fn stage(col: u32, start: u32, thread: u32) {
  workgroupBarrier();
  for (var i = thread; i < COLS * CHUNK * 8u; i += LANES * TEAMS) {
    let line = i / 8u;
    let four = (start + line % CHUNK) * 8u + i % 8u;
    staged[slot(line, i % 8u)] = read_x(col + line / CHUNK, four);
  }
  workgroupBarrier();
}

fn activations(col: u32, i: u32, start: u32, unit: u32) -> Values {
  let line = i * CHUNK + unit - start;
  return Values(
    staged[slot(line, 0u)],
    staged[slot(line, 1u)],
    staged[slot(line, 2u)],
    staged[slot(line, 3u)],
    staged[slot(line, 4u)],
    staged[slot(line, 5u)],
    staged[slot(line, 6u)],
    staged[slot(line, 7u)],
  );
}
