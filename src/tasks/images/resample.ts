/** Pixels, row by row, `channels` values each. */
export interface Pixels {
  data: Uint8ClampedArray | Uint8Array;
  width: number;
  height: number;
  channels: number;
}

/** A filter's value at a distance from its middle, and where it ends. */
interface Filter {
  support: number;
  at(x: number): number;
}

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** By the number that image processors' configurations have, which is Pillow's; 0, the nearest pixel, is no filter. */
const FILTERS: Record<number, Filter> = {
  1: { support: 3, at: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
  2: { support: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) },
  3: { support: 2, at: (x) => cubic(Math.abs(x)) },
  4: { support: 0.5, at: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  5: {
    support: 1,
    at: (x) => (Math.abs(x) < 1 ? sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x)) : 0),
  },
};

/** Keys's cubic with a = −0.5. */
function cubic(x: number): number {
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

/**
 * Resizes as Pillow does, which is what models were trained with: a filter that grows wider with the scale, first along
 * rows and then along columns, in fixed point, rounded to bytes after each.
 */
export function resample(image: Pixels, width: number, height: number, method: number): Pixels {
  const filter = FILTERS[method];
  if (!filter) return nearest(image, width, height);
  const wide =
    width === image.width ? image : along(image, taps(image.width, width, filter), width, image.height, 1);
  return height === wide.height
    ? wide
    : along(wide, taps(wide.height, height, filter), width, height, wide.width);
}

/** Bits behind the point of a weight. */
const PRECISION = 22;

interface Taps {
  first: Int32Array;
  counts: Int32Array;
  weights: Float64Array;
  most: number;
}

/** For each place in the output: the pixels of the input that it is made of, and their weights (sum 2^22). */
function taps(from: number, to: number, { support, at }: Filter): Taps {
  const scale = from / to;
  const stretch = Math.max(1, scale);
  const reach = support * stretch;
  const most = Math.ceil(reach) * 2 + 1;
  const first = new Int32Array(to);
  const counts = new Int32Array(to);
  const weights = new Float64Array(to * most);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - reach + 0.5));
    const end = Math.min(from, Math.trunc(centre + reach + 0.5));
    let sum = 0;
    for (let x = start; x < end; x++) {
      const weight = at((x - centre + 0.5) / stretch);
      weights[i * most + x - start] = weight;
      sum += weight;
    }
    for (let k = i * most; k < i * most + end - start; k++) {
      const fixed = (weights[k]! / (sum || 1)) * 2 ** PRECISION;
      weights[k] = Math.trunc(fixed + (fixed < 0 ? -0.5 : 0.5));
    }
    first[i] = start;
    counts[i] = end - start;
  }
  return { first, counts, weights, most };
}

/** `step` is how many pixels lie between neighbours on the line that is filtered: 1 along rows. */
function along(
  image: Pixels,
  { first, counts, weights, most }: Taps,
  width: number,
  height: number,
  step: number,
): Pixels {
  const { channels, data } = image;
  const out = new Uint8ClampedArray(width * height * channels);
  const half = 2 ** (PRECISION - 1);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const place = step === 1 ? x : y;
      const line = step === 1 ? y * image.width : x;
      const start = (line + first[place]! * step) * channels;
      for (let c = 0; c < channels; c++, at++) {
        let sum = half;
        for (let k = 0, from = start + c; k < counts[place]!; k++, from += step * channels)
          sum += data[from]! * weights[place * most + k]!;
        out[at] = Math.floor(sum / 2 ** PRECISION);
      }
    }
  }
  return { data: out, width, height, channels };
}

function nearest(
  { data, width: from, height: rows, channels }: Pixels,
  width: number,
  height: number,
): Pixels {
  const out = new Uint8ClampedArray(width * height * channels);
  for (let y = 0, at = 0; y < height; y++) {
    const line = Math.min(rows - 1, Math.trunc(((y + 0.5) * rows) / height)) * from;
    for (let x = 0; x < width; x++) {
      const start = (line + Math.min(from - 1, Math.trunc(((x + 0.5) * from) / width))) * channels;
      for (let c = 0; c < channels; c++) out[at++] = data[start + c]!;
    }
  }
  return { data: out, width, height, channels };
}
