/**
 * K-quants have two units' nibbles in 32 bytes: byte i has value i of one unit in its low nibble and value i of
 * another in its high one. These take four of those bytes (`a`, from byte i) and the four that are 16 further on (`b`),
 * and make a word of one unit as the kernels read it: byte i has values i and 16 + i.
 */
export function lowNibbles(a: number, b: number): number {
  return (a & 0x0f0f0f0f) | ((b & 0x0f0f0f0f) << 4);
}

export function highNibbles(a: number, b: number): number {
  return ((a >>> 4) & 0x0f0f0f0f) | (b & 0xf0f0f0f0);
}
