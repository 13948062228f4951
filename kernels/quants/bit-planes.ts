/** Bit `shift` of 32 bytes in one word: that of byte 4i + b at bit 8b + i. */
export function bits(words: Uint32Array, at: number, shift: number): number {
  let word = 0;
  for (let i = 0; i < 8; i++) word |= ((words[at + i]! >>> shift) & 0x01010101) << i;
  return word;
}

/** Bits `shift` and `shift + 1` of 16 bytes in one word: those of byte 4i + b at bit 8b + 2i. */
export function pairsOfBits(words: Uint32Array, at: number, shift: number): number {
  let word = 0;
  for (let i = 0; i < 4; i++) word |= ((words[at + i]! >>> shift) & 0x03030303) << (2 * i);
  return word;
}
