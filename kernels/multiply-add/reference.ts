/** One thread's total, in f64. */
export function referenceMultiplyAdd(factor: number, turns: number): number {
  let total = 0;
  for (const start of [0, 1, 2, 3]) {
    let sum = start;
    for (let turn = 0; turn < turns; turn++) sum = sum * factor + factor;
    total += 4 * sum;
  }
  return total;
}

/** One thread's total of int8 products, in i32 that wraps. */
export function referenceMultiplyAddInt8(factor: number, turns: number): number {
  let total = 0;
  for (let start = 1; start <= 16; start++) {
    let sum = start;
    for (let turn = 0; turn < turns; turn++) sum = (sum + dot(sum, factor)) | 0;
    total = (total + sum) | 0;
  }
  return total;
}

function dot(a: number, b: number): number {
  return [0, 8, 16, 24].reduce((sum, at) => sum + int8(a >> at) * int8(b >> at), 0);
}

function int8(bits: number): number {
  return (bits << 24) >> 24;
}
