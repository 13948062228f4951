// Tiles of a matrix: x is the tile's place along m, y along n. Rows of w past N repeat the last one.

struct Tile {
  m: u32,  // the first row of x
  n: u32,  // and of w
  is_empty: bool,
}

fn tile_at(group: vec3<u32>) -> Tile {
  return Tile(group.x * TILE_M, group.y * TILE_N, false);
}

fn weight_row(n: u32) -> u32 {
  return min(n, N - 1u);
}

fn x_row(m: u32) -> u32 {
  return m;
}
