// Which experts take a row of x, the most wanted first, and how much the output of each counts. A row and one of its
// experts are a pair: pair m * USED + j is row m's choice j.

struct Route {
  expert: u32,
  weight: f32,
}
