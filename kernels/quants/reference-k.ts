/** The 6 bit scales and mins of units 0..7, which Q4_K and Q5_K have in 12 bytes from `offset`. */
export function scalesAndMins(block: DataView, offset: number): { scales: number[]; mins: number[] } {
  const bytes = Array.from({ length: 12 }, (_, i) => block.getUint8(offset + i));
  const scales: number[] = [];
  const mins: number[] = [];
  for (let i = 0; i < 4; i++) {
    scales[i] = bytes[i]! % 64;
    mins[i] = bytes[4 + i]! % 64;
    scales[4 + i] = (bytes[8 + i]! % 16) + 16 * Math.floor(bytes[i]! / 64);
    mins[4 + i] = Math.floor(bytes[8 + i]! / 16) + 16 * Math.floor(bytes[4 + i]! / 64);
  }
  return { scales, mins };
}
