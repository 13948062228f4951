import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { imageOf } from '../../../test/golden/tasks/fixtures.ts';
import { resample } from './resample.ts';

const NAMES = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'];
const { image, made } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../test/golden/tasks/pillow/expected.json'), 'utf8'),
) as {
  image: Parameters<typeof imageOf>[0];
  made: { size: [number, number]; method: number; rgb: string }[];
};

test.each(made.map((one) => ({ ...one, name: NAMES[one.method], to: one.size.join(' × ') })))(
  '$name to $to gives the bytes that Pillow gives',
  ({ size: [width, height], method, rgb }) => {
    const { data, ...size } = resample(imageOf(image), width, height, method);
    expect(size).toEqual({ width, height, channels: 3 });
    expect(Buffer.from(data).toString('base64')).toBe(rgb);
  },
);
