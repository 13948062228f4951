// Q5_K as integers

const TWO_SCALES = false;

fn load32i(row: u32, unit: u32) -> Integers {
  let line = row * LINE;
  let scale = k_scale(line, unit);
  let high = scales[line + HIGHS + unit];
  return fives32i(quants[row * UNITS + unit], high, scale.x, scale.y);
}
