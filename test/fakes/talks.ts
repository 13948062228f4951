import type { Talk } from '../../src/mesh/identity/handshake.ts';

/** Two ends of a conversation, with somebody on the way who may change what is said. Copies, as a channel does. */
export function fakeTalks(
  change: (message: object, from: 'caller' | 'callee', nth: number) => object,
): [Talk & { hangUp(): void }, Talk & { hangUp(): void }] {
  const [a, b] = [new FakeTalk(), new FakeTalk()];
  let [saidByA, saidByB] = [0, 0];
  a.say = (message) => b.hear(change(message, 'caller', saidByA++));
  b.say = (message) => a.hear(change(message, 'callee', saidByB++));
  a.other = b;
  b.other = a;
  return [a, b];
}

class FakeTalk implements Talk {
  say: (message: object) => void = () => {};
  other: FakeTalk | undefined;
  readonly #heard: unknown[] = [];
  #wake = () => {};
  #isOver = false;

  send(message: object): void {
    this.say(structuredClone(message));
  }

  hear(message: unknown): void {
    this.#heard.push(message);
    this.#wake();
  }

  async receive(): Promise<unknown> {
    while (this.#heard.length === 0) {
      if (this.#isOver) throw new Error('The other side has hung up.');
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.#heard.shift();
  }

  hangUp(): void {
    for (const end of [this, this.other!]) {
      end.#isOver = true;
      end.#wake();
    }
  }
}
