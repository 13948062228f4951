import type { DataConnection } from 'peerjs';
import type { Talk } from '../../mesh/identity/handshake.ts';
import { HearthError } from '../../protocol/errors.ts';

/** A peer connection to whoever answered, and a conversation over it. Nobody is trusted yet. */
export interface Carrier {
  readonly isCaller: boolean;
  readonly connection: RTCPeerConnection;
  readonly talk: Talk;
  /** Resolves when the conversation can begin; rejects when it cannot any more. */
  readonly opened: Promise<void>;
  close(): void;
}

/** An offer, two answers and a handshake: nobody has more to say. */
const MAX_MESSAGE_CHARS = 64 * 1024;
const MAX_UNREAD = 16;
const TALK_CHANNEL = 0;

/** A connection of our own, by invitation or introduction. */
export function ownCarrier(iceServers: RTCIceServer[], isCaller: boolean): Carrier {
  const connection = new RTCPeerConnection({ iceServers });
  const channel = connection.createDataChannel('talk', { negotiated: true, id: TALK_CHANNEL });
  const conversation = new Conversation((text) => channel.send(text));
  channel.onopen = () => conversation.open();
  channel.onmessage = ({ data }) => conversation.hear(data);
  channel.onclose = () => conversation.end();
  return {
    isCaller,
    connection,
    talk: conversation,
    opened: conversation.opened,
    close() {
      conversation.end();
      connection.close();
    },
  };
}

/** A connection that PeerJS made. It stays PeerJS's: closing goes through it. */
export function peerJsCarrier(data: DataConnection, isCaller: boolean): Carrier {
  const conversation = new Conversation((text) => void data.send(text));
  data.on('open', () => conversation.open());
  data.on('data', (text) => conversation.hear(text));
  data.on('close', () => conversation.end());
  data.on('error', () => conversation.end());
  return {
    isCaller,
    connection: data.peerConnection,
    talk: conversation,
    opened: conversation.opened,
    close() {
      conversation.end();
      data.close();
    },
  };
}

class Conversation implements Talk {
  readonly opened: Promise<void>;
  readonly #unread: unknown[] = [];
  #isOver = false;
  #wake = () => {};
  open = () => {};
  #fail: (why: HearthError) => void = () => {};

  constructor(private readonly write: (text: string) => void) {
    this.opened = new Promise((resolve, reject) => {
      this.open = resolve;
      this.#fail = reject;
    });
    // Whoever does not wait for it is told by `receive`
    this.opened.catch(() => {});
  }

  send(message: object): void {
    if (!this.#isOver) this.write(JSON.stringify(message));
  }

  async receive(): Promise<unknown> {
    while (this.#unread.length === 0) {
      if (this.#isOver) throw gone();
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.#unread.shift();
  }

  hear(data: unknown): void {
    const isTooMuch = typeof data !== 'string' || data.length > MAX_MESSAGE_CHARS;
    if (isTooMuch || this.#unread.length >= MAX_UNREAD) {
      this.end();
      return;
    }
    try {
      this.#unread.push(JSON.parse(data));
    } catch {
      this.end();
    }
    this.#wake();
  }

  end(): void {
    this.#isOver = true;
    this.#fail(gone());
    this.#wake();
  }
}

function gone(): HearthError {
  return new HearthError('gone', 'The other machine has ended the connection.');
}
