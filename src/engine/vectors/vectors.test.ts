import { expect, test } from 'vitest';
import { finished } from './vectors.ts';

const vector = Float32Array.of(3, 4, 12, 84);

test('a vector has length 1 where that is wanted, after it is cut', () => {
  expect(finished(vector, { dimensions: undefined, normalise: false })).toEqual(vector);
  const cut = finished(vector, { dimensions: 2, normalise: true });
  expect([...cut]).toEqual([expect.closeTo(0.6), expect.closeTo(0.8)]);
  expect(finished(vector, { dimensions: 3, normalise: false })).toEqual(Float32Array.of(3, 4, 12));
});

test('squares that f32 cannot hold are summed all the same', () => {
  const [value] = finished(Float32Array.of(1e30, 1e30), { dimensions: undefined, normalise: true });
  expect(value).toBeCloseTo(Math.SQRT1_2, 6);
});

test('zeros stay zeros, and what is no number is an error, not a vector', () => {
  const zeros = new Float32Array(3);
  expect(finished(zeros, { dimensions: undefined, normalise: true })).toEqual(zeros);
  for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY])
    expect(() => finished(Float32Array.of(1, wrong), { dimensions: undefined, normalise: false })).toThrow(
      'not numbers',
    );
});
