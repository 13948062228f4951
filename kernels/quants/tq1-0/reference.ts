import { halfAt, type Reference } from '../reference.ts';

export const reference: Reference = {
  dequantize(block) {
    const d = halfAt(block, 52);
    const values: number[] = [];
    // Groups of bytes: each gives its first digits, then its second ones …
    for (const { from, bytes, digits } of [
      { from: 0, bytes: 32, digits: 5 },
      { from: 32, bytes: 16, digits: 5 },
      { from: 48, bytes: 4, digits: 4 },
    ])
      for (let digit = 0; digit < digits; digit++)
        for (let i = from; i < from + bytes; i++) {
          const fraction = (block.getUint8(i) * 3 ** digit) % 256;
          values.push(d * (Math.floor((fraction * 3) / 256) - 1));
        }
    return values;
  },
};
