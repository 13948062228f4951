import { expect, test } from 'vitest';
import { PathQuality } from './path-quality.ts';

test('the first round trip is taken as it is, later ones are smoothed', () => {
  const quality = new PathQuality();
  quality.sampleRtt(8);
  expect([quality.rttMs, quality.jitterMs]).toEqual([8, 4]);
  quality.sampleRtt(16);
  expect([quality.rttMs, quality.jitterMs]).toEqual([9, 5]);
});

test('cover is taken at the first losses and left after a long calm', () => {
  const quality = new PathQuality();
  quality.sampleLoss(400, 400);
  expect(quality.isGuarded).toBe(false);
  quality.sampleLoss(500, 499);
  quality.sampleLoss(600, 598);
  expect(quality.isGuarded).toBe(true);
  const calm = (windows: number) => {
    for (let i = 1; i <= windows; i++) quality.sampleLoss(600 + i * 500, 598 + i * 500);
  };
  calm(19);
  expect(quality.isGuarded).toBe(true);
  calm(25);
  expect(quality.isGuarded).toBe(false);
});

test('round trips that vary by much are a reason too', () => {
  const quality = new PathQuality();
  for (const ms of [5, 60, 5, 60, 5]) quality.sampleRtt(ms);
  expect(quality.isGuarded).toBe(true);
});

test('patience grows with the round trip and what it varies by', () => {
  const quality = new PathQuality();
  expect(quality.patienceMs()).toBe(5);
  quality.sampleRtt(40);
  expect(quality.patienceMs()).toBe(40 + 4 * 20 + 2);
});
