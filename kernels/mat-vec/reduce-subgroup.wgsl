// Adds up the sums of a team's lanes: inside subgroups by shuffles and, where a team is larger than a subgroup,
// through workgroup memory from there. Only lane 0 is given the result.
//
// Threads with neighbouring indices are neighbours in a subgroup. SUBGROUP is the smallest size that the
// adapter may choose: whatever it chooses, SUBGROUP neighbours are in one subgroup.

override SUBGROUP: u32;
override NEAR: u32 = min(LANES, SUBGROUP);

var<workgroup> partial: array<Sums, LANES * TEAMS / NEAR>;

fn reduce(sums: Sums, thread: u32) -> Sums {
  var near = sums;
  for (var distance = 1u; distance < NEAR; distance *= 2u) {
    near += subgroupShuffleXor(near, distance);
  }
  if (LANES <= NEAR) {
    return near;
  }

  workgroupBarrier();
  if (thread % NEAR == 0u) {
    partial[thread / NEAR] = near;
  }
  workgroupBarrier();
  var total = Sums();
  for (var i = 0u; i < LANES / NEAR; i++) {
    total += partial[thread / LANES * (LANES / NEAR) + i];
  }
  return total;
}
