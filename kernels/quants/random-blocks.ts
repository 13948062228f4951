import type { BlockFloat, QuantFormat } from './format.ts';

/**
 * The file's bytes of `rows` rows of any bits at all, but for the exponents and signs of the blocks' floats: they
 * are set so that weights are of size 0.02 * `scale`, about. `next` gives random words.
 */
export function randomBlocks(
  format: QuantFormat,
  rows: number,
  k: number,
  next: () => number,
  scale = 1,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(rows * format.rowBytes(k));
  const view = new DataView(bytes.buffer);
  const words = bytes.length >> 2;
  for (let i = 0; i < words; i++) view.setUint32(4 * i, next(), true);
  for (let i = 4 * words; i < bytes.length; i++) bytes[i] = next();

  for (const float of format.floats) {
    const setExponent = SETTERS[float.as];
    const exponent = Math.floor(Math.log2(float.typical * scale));
    for (let at = float.at; at < bytes.length; at += format.blockBytes) {
      setExponent(view, at, exponent);
      if (float.sign) setSign(view, at + BYTES[float.as] - 1, float.sign);
    }
  }
  return bytes;
}

/** Each makes 2^exponent of what it finds, times its sign and a fraction from 1 to 2. */
const SETTERS: Record<BlockFloat['as'], (view: DataView, at: number, exponent: number) => void> = {
  f16: (view, at, exponent) => {
    // Below 2^-14 numbers are subnormal: their first 1 is in the fraction
    const first = exponent < -14 ? 1 << (exponent + 24) : (exponent + 15) << 10;
    const fraction = exponent < -14 ? first - 1 : 0x3ff;
    view.setUint16(at, (view.getUint16(at, true) & (0x8000 | fraction)) | first, true);
  },
  bf16: (view, at, exponent) =>
    view.setUint16(at, (view.getUint16(at, true) & 0x807f) | ((exponent + 127) << 7), true),
  f32: (view, at, exponent) =>
    view.setUint32(at, (view.getUint32(at, true) & 0x807fffff) | ((exponent + 127) << 23), true),
  e8m0: (view, at, exponent) => view.setUint8(at, exponent + 127),
};

const BYTES = { f16: 2, bf16: 2, f32: 4, e8m0: 1 };

function setSign(view: DataView, lastByte: number, sign: 1 | -1): void {
  view.setUint8(lastByte, (view.getUint8(lastByte) & 0x7f) | (sign < 0 ? 0x80 : 0));
}
