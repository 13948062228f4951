/**
 * Fifth bits of 32 values, from bit i for value i to bit `8b + i` for value `4i + b`: shifted right by i, the
 * word then has the bits of values 4i .. 4i + 3 a byte apart, as the kernels hold values.
 */
export function fifthBits(bits: number): number {
  let word = 0;
  for (let i = 0; i < 8; i++) word |= SPREAD[(bits >>> (4 * i)) & 15]! << i;
  return word;
}

/** Four bits to the ends of four bytes. */
const SPREAD = Uint32Array.from({ length: 16 }, (_, bits) => (bits * 0x204081) & 0x01010101);
