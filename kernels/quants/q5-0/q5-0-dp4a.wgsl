// Q5_0 as integers

const TWO_SCALES = false;

fn load32i(row: u32, unit: u32) -> Integers {
  let line = row * (PAIRS + UNITS);
  let d = half_of(scales[line + unit / 2u], unit);
  return fives32i(quants[row * UNITS + unit], scales[line + PAIRS + unit], d, -16.0 * d);
}
