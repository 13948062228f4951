// A team is one thread: no barriers, which are dear where a CPU plays the GPU

struct Thread {
  @builtin(local_invocation_index) index: u32,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
}

fn stage(col: u32, start: u32, thread: u32) {}

fn activations(col: u32, i: u32, start: u32, unit: u32) -> Values {
  let four = unit * 8u;
  return Values(
    read_x(col + i, four),
    read_x(col + i, four + 1u),
    read_x(col + i, four + 2u),
    read_x(col + i, four + 3u),
    read_x(col + i, four + 4u),
    read_x(col + i, four + 5u),
    read_x(col + i, four + 6u),
    read_x(col + i, four + 7u),
  );
}

fn reduce(sums: vec4<f32>, thread: u32) -> vec4<f32> {
  return sums;
}
