import type { Client } from '../../channel/connect.ts';
import type { Bytes } from '../../mesh/identity/bytes.ts';
import type { Proven } from '../../mesh/identity/handshake.ts';
import type { Clock } from '../../mesh/clock.ts';
import type { Identity } from '../../mesh/identity/identity.ts';
import type { Room } from '../../mesh/identity/room.ts';
import { Introductions } from '../../mesh/signalling/introductions.ts';
import { HearthError } from '../../protocol/errors.ts';
import type {
  MeshAccount,
  MeshBan,
  MeshDecision,
  MeshEvent,
  MeshMachine,
  MeshSelf,
  MeshShare,
  MeshWork,
  MeshWorkerCalls,
} from '../../protocol/mesh-calls.ts';
import type { PeerId } from '../../protocol/peer-id.ts';
import type { MeshSettings } from '../../protocol/settings.ts';
import { type Carrier, ownCarrier } from './carrier.ts';
import { acceptAnswer, answerTo, offerOf } from './descriptions.ts';
import { Doors } from './doors.ts';
import { type MadeLink, makeLink } from './make-link.ts';
import { iceServersOf, serverOf } from './server-address.ts';

export interface StayDeps {
  room: Room;
  secret: Bytes;
  identity: Identity;
  /** Grows with each start of this machine. */
  life: number;
  worker: Client<MeshWorkerCalls>['call'];
  clock: Clock;
  random: () => number;
  newNumber(): number;
  known: Iterable<PeerId>;
  bans: MeshBan[];
  settings: MeshSettings;
  share: MeshShare;
  onChange(): void;
  /** Who is known or banned has changed. */
  onMemory(): void;
}

const MAX_CONNECTING = 40;
/** After the browser has said that nothing comes: a few seconds of it have gone by then. */
const SILENCE_MS = 3_000;
/** Goodbyes go out first: closing a connection at once would swallow them. */
const GOODBYE_MS = 200;

/** This machine's time in a room: its links, and the ways by which they come about and are found again. */
export class Stay {
  machines: MeshMachine[] = [];
  own: MeshWork = { worksFor: [], tokensPerSecond: 0 };
  /** Of each of our models that runs in the room: where, in words. */
  readonly decisions = new Map<string, MeshDecision>();
  bans: MeshBan[];
  accounts: MeshAccount[] = [];
  connecting = 0;
  settings: MeshSettings;
  readonly known: Set<PeerId>;
  readonly #links = new Map<PeerId, MadeLink>();
  readonly #left = new AbortController();
  readonly #introductions: Introductions;
  #doors: Doors | undefined;

  constructor(readonly deps: StayDeps) {
    const { worker, identity, life, settings, share, bans } = deps;
    this.bans = bans;
    this.settings = settings;
    this.known = new Set(deps.known);
    this.#introductions = this.#introduce();
    void worker(
      'run',
      { self: identity.peer, keys: keysOf(identity), incarnation: life, name: settings.name, share, bans },
      { signal: this.#left.signal, onPart: (event) => this.#onEvent(event) },
    ).catch(ignore);
    this.#openDoors();
  }

  get hasLeft(): boolean {
    return this.#left.signal.aborted;
  }

  get server(): Doors | undefined {
    return this.#doors;
  }

  get iceServers(): RTCIceServer[] {
    return iceServersOf(this.settings);
  }

  digitsOf(peer: PeerId): string {
    return this.#links.get(peer)?.digits ?? '';
  }

  end(): void {
    this.#left.abort();
    this.#introductions.close();
    this.deps.clock.after(GOODBYE_MS, () => {
      for (const { connections } of this.#links.values()) closeAll(connections);
      this.#doors?.close();
    });
  }

  /** For good, once it has ended: nothing that opens the room is left here. */
  forget(): void {
    this.deps.secret.fill(0);
  }

  configure(settings: MeshSettings, share: MeshShare): Promise<undefined> {
    const isSame = sameWays(settings, this.settings);
    this.settings = settings;
    if (!isSame) this.#openDoors();
    return this.deps.worker('configure', { name: settings.name, share });
  }

  /** A link of a connection, once it is proven whose it is. */
  async link(carrier: Carrier, expected?: PeerId): Promise<MadeLink> {
    if (this.hasLeft) {
      carrier.close();
      throw new HearthError('gone', 'This machine has left the room.');
    }
    if (this.connecting >= MAX_CONNECTING) {
      carrier.close();
      throw new HearthError('busy', 'Too many links are being made. Try again in a moment.');
    }
    this.connecting++;
    this.deps.onChange();
    try {
      const { identity, life, room, worker, newNumber } = this.deps;
      const link = await makeLink(carrier, {
        worker,
        number: newNumber(),
        iceServers: this.iceServers,
        isWanted: (proven) => this.#isWanted(proven, carrier.isCaller),
        handshake: {
          identity,
          life,
          room,
          expected,
          isRefused: (peer) => this.#isRefused(peer),
          random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
        },
      });
      this.#add(link);
      return link;
    } finally {
      this.connecting--;
      this.deps.onChange();
    }
  }

  #add(link: MadeLink): void {
    const { peer, connections, number } = link;
    const before = this.#links.get(peer);
    this.#links.set(peer, link);
    if (before) closeAll(before.connections);
    for (const connection of connections) this.#watch(connection, number);
    this.#introductions.linksChanged();
    if (!this.known.has(peer)) {
      this.known.add(peer);
      this.deps.onMemory();
    }
  }

  /** A silence may be a radio's; the browser itself would wait ten seconds more. */
  #watch(connection: RTCPeerConnection, number: number): void {
    const { clock, worker } = this.deps;
    const drop = () => {
      if (isSound(connection)) return;
      void worker('drop', { connection: number, reason: 'The network to it is gone.' }).catch(ignore);
    };
    connection.addEventListener('connectionstatechange', () => {
      if (connection.connectionState === 'failed') drop();
      else if (connection.connectionState === 'disconnected') clock.after(SILENCE_MS, drop);
    });
  }

  /**
   * Of two links to one machine both sides must keep the same: that of its newer life; of one life, the one that the
   * lesser id called for, or the newer if one side called for both. One that is falling apart is no rival.
   */
  #isWanted({ peer, life }: Proven, isCaller: boolean): boolean {
    const before = this.#links.get(peer);
    if (this.hasLeft) return false;
    if (!before || life > before.life || before.isCaller === isCaller) return true;
    if (!before.connections.every(isSound)) return true;
    return this.deps.identity.peer < peer === isCaller;
  }

  #isRefused(peer: PeerId): boolean {
    if (this.bans.some((ban) => ban.peer === peer)) return true;
    return this.settings.admits === 'known' && !this.known.has(peer);
  }

  #onEvent(event: MeshEvent): void {
    if (event.kind === 'signal') {
      this.#introductions.receive(event.peer, event.message);
      return;
    }
    if (event.kind === 'machines') {
      this.machines = event.machines;
      this.own = event.own;
    } else if (event.kind === 'closed') this.#remove(event.connection);
    else if (event.kind === 'accounts') this.accounts = event.accounts;
    else if (event.kind === 'decision') this.decisions.set(event.model, event);
    else {
      this.bans = event.bans;
      this.deps.onMemory();
    }
    this.deps.onChange();
  }

  #remove(number: number): void {
    const link = [...this.#links.values()].find((link) => link.number === number);
    if (!link) return;
    this.#links.delete(link.peer);
    closeAll(link.connections);
    this.#introductions.linksChanged();
    this.#doors?.knockSoon(this.#links.size === 0);
  }

  #openDoors(): void {
    this.#doors?.close();
    const { room, clock, random, onChange } = this.deps;
    const server = serverOf(this.settings);
    this.#doors =
      server &&
      new Doors({
        roomId: room.id,
        server,
        iceServers: this.iceServers,
        clock,
        random,
        isLinked: (peer) => this.#links.has(peer),
        link: (carrier) => this.link(carrier),
        onChange,
      });
  }

  #introduce(): Introductions {
    const { identity, clock, worker } = this.deps;
    return new Introductions({
      self: identity.peer,
      clock,
      linked: () => [...this.#links.keys()],
      isRefused: (peer) => this.#isRefused(peer),
      send: (peer, message) => void worker('signal', { peer, message }).catch(ignore),
      offer: async (peer) => {
        const carrier = ownCarrier(this.iceServers, true);
        const sdp = await offerOf(carrier.connection);
        const accept = async (answer: string) => {
          await acceptAnswer(carrier.connection, answer);
          await this.link(carrier, peer);
        };
        return { sdp, accept: (answer) => void accept(answer).catch(() => carrier.close()) };
      },
      answer: async (peer, offer) => {
        const carrier = ownCarrier(this.iceServers, false);
        const sdp = await answerTo(carrier.connection, offer);
        void this.link(carrier, peer).catch(ignore);
        return sdp;
      },
    });
  }
}

function keysOf({ publicKey, privateKey }: Identity): MeshSelf['keys'] {
  return { publicKey, privateKey };
}

function isSound({ connectionState }: RTCPeerConnection): boolean {
  return connectionState === 'connected';
}

/** Whether both settings lead to the same server in the same way. */
function sameWays(a: MeshSettings, b: MeshSettings): boolean {
  const ways = ({ signalling, isLanOnly }: MeshSettings) => JSON.stringify([signalling, isLanOnly]);
  return ways(a) === ways(b);
}

function closeAll(connections: RTCPeerConnection[]): void {
  for (const connection of connections) connection.close();
}

/** A link that could not be made is ordinary: whoever wanted it tries again. */
function ignore(): void {}
