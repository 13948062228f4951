import type { DataConnection, Peer } from 'peerjs';
import { DOORS, doorId, knockAgainAfterMs } from '../../mesh/signalling/doors.ts';
import { type Carrier, peerJsCarrier } from './carrier.ts';

export interface ServerAddress {
  host: string;
  port: number;
  path: string;
  secure: boolean;
}

export interface DoormanDeps {
  roomId: string;
  server: ServerAddress;
  iceServers: RTCIceServer[];
  random: () => number;
  /** Somebody knocks. */
  onKnock(carrier: Carrier): void;
  /** At the door with this number; undefined while the server is not there. */
  onDoor(door: number | undefined, problem: string | undefined): void;
}

/** A server says nothing to who comes back with an id that it still holds: better to come as somebody new. */
const OPEN_WITHIN_MS = 8_000;

/**
 * Keeps a door of the room at a PeerJS server: the first that is free, for as long as the server is there, and again
 * when it comes back. Connections outlive the server, so a `Peer` that has any is never destroyed before the end.
 */
export class Doorman {
  readonly #peers = new Set<Peer>();
  readonly #knocks = new Map<string, DataConnection>();
  #open: Peer | undefined;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  constructor(private readonly deps: DoormanDeps) {
    void this.#claim(0);
  }

  /** A connection to whoever is at a door; undefined while there is no server to knock through. */
  knock(door: number): Carrier | undefined {
    if (!this.#open) return undefined;
    const id = doorId(this.deps.roomId, door);
    const data = this.#open.connect(id, { reliable: true, serialization: 'raw' });
    if (!data) return undefined;
    this.#knocks.set(id, data);
    return peerJsCarrier(data, true);
  }

  close(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    for (const peer of this.#peers) peer.destroy();
  }

  async #claim(door: number): Promise<void> {
    const { roomId, server, iceServers } = this.deps;
    if (door >= DOORS) return this.#later(0, 'All places of this room are taken.');
    const { Peer } = await import('peerjs');
    if (this.#isOver) return;
    const options = { ...server, config: { iceServers }, debug: 0 };
    const peer = new Peer(doorId(roomId, door), options);
    this.#peers.add(peer);
    let wasOpen = false;
    const giveUp = () => {
      if (this.#isOver) return;
      this.#discard(peer);
      this.#later(door, 'The server that brings machines together does not answer.');
    };
    const tooLate = setTimeout(giveUp, OPEN_WITHIN_MS);

    peer.on('open', () => {
      wasOpen = true;
      clearTimeout(tooLate);
      this.#failures = 0;
      this.#open = peer;
      this.deps.onDoor(door, undefined);
    });
    peer.on('connection', (data) => this.deps.onKnock(peerJsCarrier(data, false)));
    peer.on('error', ({ type, message }) => {
      if (type === 'peer-unavailable') this.#nobodyAt(message);
      else if (type === 'unavailable-id') {
        clearTimeout(tooLate);
        if (!wasOpen) this.#discard(peer);
        void this.#claim(door + 1);
      } else if (!wasOpen && this.#peers.has(peer)) {
        clearTimeout(tooLate);
        giveUp();
      }
    });
    peer.on('disconnected', () => {
      if (this.#open === peer) this.#open = undefined;
      if (!wasOpen || this.#isOver) return;
      this.deps.onDoor(
        undefined,
        'The server that brings machines together has gone. Links stay as they are.',
      );
      this.#after(() => peer.reconnect());
    });
  }

  #nobodyAt(message: string): void {
    for (const [id, data] of this.#knocks) {
      if (!message.endsWith(id)) continue;
      this.#knocks.delete(id);
      // PeerJS says nothing to the connection itself
      data.emit('error', Object.assign(new Error(message), { type: 'negotiation-failed' as const }));
    }
  }

  #discard(peer: Peer): void {
    this.#peers.delete(peer);
    peer.destroy();
  }

  #later(door: number, problem: string): void {
    this.deps.onDoor(undefined, problem);
    this.#after(() => void this.#claim(door));
  }

  #after(work: () => void): void {
    if (this.#isOver) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(work, knockAgainAfterMs(this.#failures++, this.deps.random));
  }
}
