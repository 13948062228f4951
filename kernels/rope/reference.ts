/** Turns the first `rotaryDim` dimensions of one head by the angles of `position`: each pair is a complex number. */
export function ropeReference(
  head: ArrayLike<number>,
  position: number,
  frequencies: ArrayLike<number>,
  pairs: 'adjacent' | 'halves',
): Float64Array {
  const out = Float64Array.from(head);
  for (let i = 0; i < frequencies.length; i++) {
    const [re, im] = pairs === 'adjacent' ? [2 * i, 2 * i + 1] : [i, i + frequencies.length];
    const angle = position * frequencies[i]!;
    out[re!] = head[re!]! * Math.cos(angle) - head[im!]! * Math.sin(angle);
    out[im!] = head[re!]! * Math.sin(angle) + head[im!]! * Math.cos(angle);
  }
  return out;
}
