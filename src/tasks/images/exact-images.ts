import type { RawImage } from '@huggingface/transformers';
import { type Pixels, resample } from './resample.ts';

const METHODS = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'];

type Side = number | null | undefined;
type Four = [number, number, number, number];

/**
 * The library resizes, crops and pads on a canvas, whose filter is the browser's and none that a model was trained with.
 * Here its images do so on their bytes, as Pillow does: to the bit, and the same in every browser and in Node.
 */
export function exactImages(Image: typeof RawImage): void {
  const made = ({ data, width, height }: Pixels, { channels }: RawImage) =>
    new Image(data, width, height, channels);
  const methods: Pick<RawImage, 'resize' | 'pad' | 'crop' | 'center_crop'> & ThisType<RawImage> = {
    async resize(width: Side, height: Side, { resample: method = 2 } = {}) {
      const [toWidth, toHeight] = whole(this, width, height);
      if (toWidth === this.width && toHeight === this.height) return this;
      const number = typeof method === 'string' ? METHODS.indexOf(method) : method;
      return made(resample(this, toWidth, toHeight, number), this);
    },
    async pad([left, right, top, bottom]: Four) {
      const [l, r, t, b] = [left, right, top, bottom].map((side) => Math.max(0, side)) as Four;
      return made(cut(this, -l, -t, this.width + l + r, this.height + t + b), this);
    },
    async crop([left, top, right, bottom]: Four) {
      const [x, y] = [Math.max(0, left), Math.max(0, top)];
      const [endX, endY] = [Math.min(this.width - 1, right), Math.min(this.height - 1, bottom)];
      return made(cut(this, x, y, endX - x + 1, endY - y + 1), this);
    },
    async center_crop(width: number, height: number) {
      const x = Math.floor((this.width - width) / 2);
      const y = Math.floor((this.height - height) / 2);
      return made(cut(this, x, y, width, height), this);
    },
  };
  Object.assign(Image.prototype, methods);
}

/** A side that is not given keeps the image's shape. */
function whole(image: RawImage, width: Side, height: Side): [number, number] {
  const [w, h] = [width, height].map((side) => (side == null || side < 0 ? undefined : side));
  const toWidth = w ?? (h === undefined ? image.width : (h / image.height) * image.width);
  const toHeight = h ?? (w === undefined ? image.height : (w / image.width) * image.height);
  return [Math.max(1, Math.trunc(toWidth)), Math.max(1, Math.trunc(toHeight))];
}

/** A part of an image; what lies outside of it is black. */
function cut(image: Pixels, x: number, y: number, width: number, height: number): Pixels {
  const { channels } = image;
  const data = new Uint8ClampedArray(width * height * channels);
  const [from, to] = [Math.max(0, x), Math.min(image.width, x + width)];
  const end = to > from ? Math.min(image.height, y + height) : 0;
  for (let row = Math.max(0, y); row < end; row++) {
    const line = row * image.width;
    const part = image.data.subarray((line + from) * channels, (line + to) * channels);
    data.set(part, ((row - y) * width + from - x) * channels);
  }
  return { data, width, height, channels };
}
