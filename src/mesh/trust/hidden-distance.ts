import type { HiddenType } from '../../protocol/stage.ts';

/** How far `b` is from `a`: |a - b| / |a|, over all values. Infinite for different lengths, and where b is no number. */
export function hiddenDistance(
  a: Uint8Array<ArrayBuffer>,
  b: Uint8Array<ArrayBuffer>,
  type: HiddenType,
): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  const [left, right] = [valuesOf(a, type), valuesOf(b, type)];
  let difference = 0;
  let length = 0;
  for (const [i, value] of left.entries()) {
    difference += (value - right[i]!) ** 2;
    length += value ** 2;
  }
  if (difference === 0) return 0;
  const distance = Math.sqrt(difference / length);
  return Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance;
}

function valuesOf(bytes: Uint8Array<ArrayBuffer>, type: HiddenType): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return type === 'f16'
    ? Array.from({ length: bytes.length / 2 }, (_, i) => fromF16(view.getUint16(2 * i, true)))
    : Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

/** IEEE 754 binary16. */
function fromF16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
