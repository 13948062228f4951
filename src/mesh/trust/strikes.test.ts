import { expect, test } from 'vitest';
import { ManualClock } from '../../../test/fakes/manual-clock.ts';
import type { PeerId } from '../../protocol/peer-id.ts';
import { Strikes } from './strikes.ts';

const [peer, other] = ['a', 'b'].map((letter) => letter.repeat(43) as PeerId) as [PeerId, PeerId];

test('who forges is dropped at once and banned at the third time', () => {
  const clock = new ManualClock();
  const strikes = new Strikes(clock);
  const verdicts = [1, 2, 3].map(() => {
    clock.go(1_000);
    return strikes.add(peer, 'forged');
  });
  expect(verdicts).toEqual(['drop', 'drop', 'ban']);
  expect(strikes.add(other, 'stale')).toBe('noted');
});

test('something old now and then is forgotten, and a stream of it is not', () => {
  const clock = new ManualClock();
  const strikes = new Strikes(clock);
  for (let i = 0; i < 100; i++) {
    clock.go(20_000);
    expect(strikes.add(peer, 'stale')).toBe('noted');
  }
  const verdicts = new Set(Array.from({ length: 25 }, () => strikes.add(other, 'stale')));
  expect(verdicts).toEqual(new Set(['noted', 'drop', 'ban']));
});
