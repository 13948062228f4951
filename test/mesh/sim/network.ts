import type { Link, MeshLane } from '../../../src/mesh/link.ts';
import type { PeerId } from '../../../src/protocol/peer-id.ts';
import type { Place, World } from './world.ts';

/** What goes wrong on the way from one machine to another: probabilities for each frame. */
export interface Weather {
  drop: number;
  duplicate: number;
  /** Comes up to this many milliseconds later, and others overtake it. */
  reorder: number;
  reorderMs: number;
  isCut: boolean;
}

export const CLEAR: Weather = { drop: 0, duplicate: 0, reorder: 0, reorderMs: 0, isCut: false };

/** How long a browser takes to notice that nobody is there any more: what links alone would tell. */
const CLOSE_NOTICED_MS = 7_000;

export interface Address {
  peer: PeerId;
  place: Place;
}

/** Every way from one machine to another, with its latency and its weather. */
export class Network {
  readonly #world: World;
  readonly #latencies = new Map<string, number>();
  readonly #weathers = new Map<string, Weather>();
  framesInFlight = 0;
  #links = 0;

  constructor(world: World) {
    this.#world = world;
  }

  setLatency(a: PeerId, b: PeerId, ms: number): void {
    this.#latencies.set(way(a, b), ms);
    this.#latencies.set(way(b, a), ms);
  }

  setWeather(from: PeerId, to: PeerId, weather: Weather): void {
    this.#weathers.set(way(from, to), weather);
  }

  clearAll(): void {
    this.#weathers.clear();
  }

  weather(from: PeerId, to: PeerId): Weather {
    return this.#weathers.get(way(from, to)) ?? CLEAR;
  }

  latency(from: PeerId, to: PeerId): number {
    return this.#latencies.get(way(from, to)) ?? 1;
  }

  /** Both ends of a new link. */
  connect(a: Address, b: Address): [SimLink, SimLink] {
    const name = `link ${this.#links++}`;
    const ends: [SimLink, SimLink] = [new SimLink(this, name, a, b), new SimLink(this, name, b, a)];
    ends[0].other = ends[1];
    ends[1].other = ends[0];
    return ends;
  }

  carry(link: SimLink, lane: MeshLane, frame: Uint8Array<ArrayBuffer>): void {
    const { from, to } = link;
    const { random } = this.#world;
    const weather = this.weather(from.peer, to.peer);
    if (weather.isCut || random() < weather.drop) return;
    const copies = random() < weather.duplicate ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const jitterMs = random() * 0.3;
      const isLate = copy > 0 || random() < weather.reorder;
      const bytes = frame.slice();
      const plainMs = this.latency(from.peer, to.peer) + jitterMs;
      const ms = isLate
        ? plainMs + random() * weather.reorderMs
        : link.inOrder(lane, this.#world.now + plainMs);
      this.framesInFlight++;
      this.#world.after(ms, () => {
        this.framesInFlight--;
        this.#world.after(0, () => link.other?.deliver(lane, bytes), to.place);
      });
    }
  }

  /** How long it takes the other end to notice that a link was closed here. */
  noticeClose(link: SimLink, reason: string, isSaid: boolean): void {
    const { from, to, other } = link;
    const isHeard = isSaid && !this.weather(from.peer, to.peer).isCut;
    const ms = isHeard ? this.latency(from.peer, to.peer) : CLOSE_NOTICED_MS;
    this.#world.after(ms, () => other?.closed(reason), to.place);
  }

  get now(): number {
    return this.#world.now;
  }
}

export class SimLink implements Link {
  readonly from: Address;
  readonly to: Address;
  other: SimLink | undefined;
  isOpen = true;
  bufferedBytes = 0;
  readonly #network: Network;
  readonly #lastAt = new Map<MeshLane, number>();
  #onFrame: ((lane: MeshLane, frame: Uint8Array<ArrayBuffer>) => void) | undefined;
  #onClose: ((reason: string) => void) | undefined;
  /** Frames that came before anybody listened. */
  readonly #early: [MeshLane, Uint8Array<ArrayBuffer>][] = [];

  /** `name` is the same at both ends, and of no other link. */
  constructor(
    network: Network,
    readonly name: string,
    from: Address,
    to: Address,
  ) {
    this.#network = network;
    this.from = from;
    this.to = to;
  }

  get peer(): PeerId {
    return this.to.peer;
  }

  get rttMs(): number {
    return 2 * this.#network.latency(this.from.peer, this.to.peer);
  }

  send(lane: MeshLane, frame: Uint8Array<ArrayBuffer>): void {
    if (this.isOpen) this.#network.carry(this, lane, frame);
  }

  /** Milliseconds until a frame comes that comes after all sent before it in its lane. */
  inOrder(lane: MeshLane, at: number): number {
    const comesAt = Math.max(at, this.#lastAt.get(lane) ?? 0);
    this.#lastAt.set(lane, comesAt);
    return comesAt - this.#network.now;
  }

  onFrame(handler: (lane: MeshLane, frame: Uint8Array<ArrayBuffer>) => void): void {
    this.#onFrame = handler;
    for (const [lane, frame] of this.#early.splice(0)) handler(lane, frame);
  }

  onClose(handler: (reason: string) => void): void {
    this.#onClose = handler;
  }

  close(reason: string): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#network.noticeClose(this, reason, true);
    this.#onClose?.(reason);
  }

  /** Its machine is gone, and says nothing. */
  die(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#network.noticeClose(this, 'The connection was lost.', false);
  }

  deliver(lane: MeshLane, frame: Uint8Array<ArrayBuffer>): void {
    if (!this.isOpen) return;
    if (this.#onFrame) this.#onFrame(lane, frame);
    else if (this.#early.length < 64) this.#early.push([lane, frame]);
  }

  closed(reason: string): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#onClose?.(reason);
  }
}

function way(from: PeerId, to: PeerId): string {
  return `${from} ${to}`;
}
