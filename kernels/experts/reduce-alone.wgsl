// A team of one thread has nothing to add up

fn reduce(sums: Sums, thread: u32) -> Sums {
  return sums;
}
