// Q4_1 as integers

const TWO_SCALES = false;

fn load32i(row: u32, unit: u32) -> Integers {
  let at = row * UNITS + unit;
  let dm = unpack2x16float(scales[at]);
  return nibbles32i(quants[at], dm.x, dm.y);
}
