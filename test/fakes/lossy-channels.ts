import type { Clock } from '../../src/mesh/clock.ts';
import type { Channel } from '../../src/mesh/transport/channel.ts';

export interface Weather {
  /** One way. */
  delayMs: number;
  jitterMs?: number;
  /** In [0, 1]. */
  loss?: number;
  /** Of those that arrive, how many arrive twice. */
  twice?: number;
}

/** Two ends of a channel that loses, doubles and reorders, over a clock that tests move. Copies, as the real one does. */
export function lossyChannels(
  clock: Clock,
  random: () => number,
  weather: Weather,
): [FakeChannel, FakeChannel] {
  const ends: [FakeChannel, FakeChannel] = [new FakeChannel(), new FakeChannel()];
  for (const [end, other] of [ends, ends.toReversed()] as [FakeChannel, FakeChannel][]) {
    end.carry = (bytes) => {
      const copies = random() < (weather.loss ?? 0) ? 0 : random() < (weather.twice ?? 0) ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) {
        const data = bytes.slice().buffer;
        clock.after(weather.delayMs + random() * (weather.jitterMs ?? 0), () =>
          other.onmessage?.({ data } as MessageEvent),
        );
      }
    };
    end.other = other;
  }
  return ends;
}

export class FakeChannel implements Channel {
  readyState: RTCDataChannelState = 'open';
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  onmessage: Channel['onmessage'] = null;
  onbufferedamountlow: Channel['onbufferedamountlow'] = null;
  onclose: Channel['onclose'] = null;
  sentBytes = 0;
  carry: (bytes: Uint8Array<ArrayBuffer>) => void = () => {};
  other: FakeChannel | undefined;

  send(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.readyState !== 'open') throw new Error('The channel is not open.');
    this.sentBytes += bytes.length;
    this.carry(bytes);
  }

  close(): void {
    for (const end of [this, this.other!]) {
      if (end.readyState === 'closed') continue;
      end.readyState = 'closed';
      end.onclose?.(new Event('close'));
    }
  }
}

/** Numbers in [0, 1) from a seed: xorshift. */
export function seeded(seed: number): () => number {
  let state = seed * 2_654_435_769 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
