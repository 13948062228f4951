import { expect, test } from 'vitest';
import type { Wire } from '../../src/channel/wire.ts';

export interface WirePair {
  near: Wire;
  far: Wire;
  /** Ends the far side the way its platform does, without a word on the wire. */
  loseFar(): void;
}

/** What every wire does. `pair` makes a connected pair. */
export function wireContract(pair: () => WirePair): void {
  test('carries frames both ways, in order, each once', async () => {
    const { near, far } = pair();
    const atNear = collect(near);
    const atFar = collect(far);

    for (let id = 0; id < 50; id++) {
      near.post({ kind: 'read', id });
      far.post({ kind: 'cancel', id });
    }

    expect(await atFar.first(50)).toEqual(Array.from({ length: 50 }, (_, id) => ({ kind: 'read', id })));
    expect(await atNear.first(50)).toEqual(Array.from({ length: 50 }, (_, id) => ({ kind: 'cancel', id })));
  });

  test('carries what structured clone carries, as a copy taken when it was posted', async () => {
    const { near, far } = pair();
    collect(near);
    const atFar = collect(far);
    const input = { bytes: new Uint8Array([1, 2, 3]), map: new Map([['a', undefined]]), big: 1n << 60n };

    near.post({ kind: 'call', id: 1, name: 'x', input });
    input.bytes[0] = 9;

    const [frame] = await atFar.first(1);
    expect(frame).toEqual({
      kind: 'call',
      id: 1,
      name: 'x',
      input: { bytes: new Uint8Array([1, 2, 3]), map: new Map([['a', undefined]]), big: 1n << 60n },
    });
  });

  test('refuses to post what cannot be copied', () => {
    const { near } = pair();
    expect(() => near.post({ kind: 'done', id: 1, output: () => {} })).toThrow();
  });

  test('closing it resolves its own end with a reason, and later posts do nothing', async () => {
    const { near } = pair();
    near.close();
    expect(await near.closed).toMatchObject({ code: 'gone' });
    expect(() => near.post({ kind: 'read', id: 1 })).not.toThrow();
  });

  test('it learns that the other side is gone', async () => {
    const { near, loseFar } = pair();
    collect(near);
    loseFar();
    const why = await near.closed;
    expect(['gone', 'internal']).toContain(why.code);
    expect(why.message).toMatch(/\.$/);
  });
}

/** Listens, and waits for as many messages as asked. */
function collect(wire: Wire) {
  const messages: unknown[] = [];
  let wake = () => {};
  wire.listen((message) => {
    messages.push(message);
    wake();
  });
  return {
    async first(count: number): Promise<unknown[]> {
      while (messages.length < count) await new Promise<void>((resolve) => (wake = resolve));
      return messages;
    },
  };
}
