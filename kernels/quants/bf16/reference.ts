import type { Reference } from '../reference.ts';

export const reference: Reference = {
  dequantize(block) {
    const bits = block.getUint16(0, true);
    const sign = bits >> 15 ? -1 : 1;
    const exponent = (bits >> 7) & 255;
    const fraction = bits & 127;
    return [
      sign * (exponent === 0 ? fraction / 128 : 1 + fraction / 128) * 2 ** (Math.max(exponent, 1) - 127),
    ];
  },
};
