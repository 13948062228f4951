// Adds up the sums of a team's lanes, through workgroup memory. Only lane 0 is given the result.

var<workgroup> partial: array<Sums, LANES * TEAMS>;

fn reduce(sums: Sums, thread: u32) -> Sums {
  workgroupBarrier();
  partial[thread] = sums;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (thread % LANES < half) {
      partial[thread] += partial[thread + half];
    }
  }
  return partial[thread];
}
