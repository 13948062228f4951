// Q5_1 as integers

const TWO_SCALES = false;

fn load32i(row: u32, unit: u32) -> Integers {
  let line = row * 2u * UNITS + unit;
  let dm = unpack2x16float(scales[line]);
  return fives32i(quants[row * UNITS + unit], scales[line + UNITS], dm.x, dm.y);
}
