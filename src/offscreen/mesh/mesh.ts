import { type Client, connect } from '../../channel/connect.ts';
import { messagePortWire } from '../../channel/message-port.ts';
import type { Clock } from '../../mesh/clock.ts';
import { type Identity, type KeyStore, openIdentity } from '../../mesh/identity/identity.ts';
import { openRoom, parseRoomCode, type Room, SECRET_BYTES } from '../../mesh/identity/room.ts';
import type { Bytes } from '../../mesh/identity/bytes.ts';
import type { Proven } from '../../mesh/identity/handshake.ts';
import { doorsToKnock, knockAgainAfterMs } from '../../mesh/signalling/doors.ts';
import { Introductions } from '../../mesh/signalling/introductions.ts';
import { readInvitation, readReply, writeInvitation, writeReply } from '../../mesh/signalling/invitation.ts';
import type { BackgroundCalls } from '../../protocol/background-calls.ts';
import { HearthError } from '../../protocol/errors.ts';
import type { MeshBan, MeshEvent, MeshMachine, MeshWorkerCalls } from '../../protocol/mesh-calls.ts';
import type { MeshStatus } from '../../protocol/mesh-screen-calls.ts';
import type { PeerId } from '../../protocol/peer-id.ts';
import type { MeshSettings } from '../../protocol/settings.ts';
import { type Carrier, ownCarrier } from './carrier.ts';
import { acceptAnswer, answerTo, offerOf } from './descriptions.ts';
import { Doorman } from './doorman.ts';
import { type MadeLink, makeLink } from './make-link.ts';
import { iceServersOf, serverOf } from './server-address.ts';
import { sharesNow } from './shares-now.ts';

/** Somebody has to carry the text to the other machine and back. */
const INVITATION_MS = 10 * 60_000;
const SHARE_CHECK_MS = 10_000;
const MAX_CONNECTING = 40;

export interface MeshDeps {
  background: Client<BackgroundCalls>['call'];
  keys: KeyStore;
  clock: Clock;
  random: () => number;
  /** Starts the engine worker if need be; the mesh's port to it comes through `workerStarted`. */
  wakeWorker(): Promise<unknown>;
  linkTo(code: string): string;
}

/** What there is while this machine is in a room. */
interface Stay {
  room: Room;
  secret: Bytes;
  settings: MeshSettings;
  worker: Client<MeshWorkerCalls>['call'];
  left: AbortController;
  introductions: Introductions;
  doorman: Doorman | undefined;
  door: number | undefined;
  serverProblem: string | undefined;
  links: Map<PeerId, MadeLink>;
  /** Which machine answered at which door. */
  doors: Map<number, PeerId>;
  machines: MeshMachine[];
  known: Set<PeerId>;
  bans: MeshBan[];
  connecting: number;
  knocks: number;
  cancelKnock: () => void;
  invited: Carrier | undefined;
}

/** This machine's place in a room: how it comes in, whom it is linked to, and how it finds them again. */
export class Mesh {
  #identity: Promise<Identity> | undefined;
  #worker: Promise<Client<MeshWorkerCalls>> | undefined;
  #stay: Stay | undefined;
  #entering: Promise<void> = Promise.resolve();
  #numbers = 0;
  readonly #life = Date.now();
  readonly #watchers = new Set<() => void>();

  constructor(private readonly deps: MeshDeps) {}

  /** The engine worker has begun, here or anew after a crash; all links ended with the one before. */
  workerStarted(port: MessagePort, gone: Promise<HearthError>): void {
    const client = connect<MeshWorkerCalls>(messagePortWire(port, gone));
    this.#worker = Promise.resolve(client);
    void gone.then(async () => {
      this.#worker = undefined;
      const stay = this.#stay;
      if (!stay) return;
      this.#end(stay);
      await this.#enter(stay.secret, stay);
    });
  }

  /** Goes back to the room that this machine was in. */
  async resume(): Promise<void> {
    const remembered = await this.deps.background('room', undefined);
    const secret = remembered && (await parseRoomCode(remembered.code));
    if (secret) await this.#enterOnce(secret, remembered);
  }

  create(): Promise<void> {
    return this.#enterOnce(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));
  }

  async join(code: string): Promise<void> {
    const secret = await parseRoomCode(code);
    if (!secret)
      throw new HearthError(
        'bad-input',
        'This is no code of a room. It has twenty letters and digits, as the other machine shows it.',
      );
    await this.#enterOnce(secret);
  }

  async leave(): Promise<void> {
    const stay = this.#stay;
    if (stay) this.#end(stay);
    // The secret is nowhere from here on
    await this.deps.background('rememberRoom', undefined);
    this.#changed();
  }

  /** The first half of a meeting without a server. A second invitation takes the place of the first. */
  async invite(): Promise<string> {
    const stay = this.#here();
    stay.invited?.close();
    const carrier = ownCarrier(iceServersOf(stay.settings), true);
    stay.invited = carrier;
    const sdp = await offerOf(carrier.connection);
    return writeInvitation({ secret: stay.secret, offer: { type: 'offer', sdp } });
  }

  /** On the other machine: enters the room, and gives what the first machine is to be shown. */
  async reply(text: string): Promise<string> {
    const { secret, offer } = readInvitation(text);
    await this.#enterOnce(secret);
    const stay = this.#here();
    const carrier = ownCarrier(iceServersOf(stay.settings), false);
    const sdp = await answerTo(carrier.connection, offer.sdp);
    const cancel = this.deps.clock.after(INVITATION_MS, () => carrier.close());
    void carrier.opened
      .then(
        () => this.#link(stay, carrier).catch(ignore),
        () => {},
      )
      .finally(cancel);
    return writeReply({ type: 'answer', sdp });
  }

  async accept(text: string): Promise<void> {
    const stay = this.#here();
    const { sdp } = readReply(text);
    const carrier = stay.invited;
    if (!carrier)
      throw new HearthError('gone', 'The invitation that this replies to is gone. Make another one.');
    stay.invited = undefined;
    await acceptAnswer(carrier.connection, sdp);
    await this.#link(stay, carrier);
  }

  async ban(peer: PeerId): Promise<void> {
    const stay = this.#here();
    await stay.worker('ban', { peer, why: 'its owner asked for it here' });
  }

  async pardon(peer: PeerId): Promise<void> {
    const stay = this.#here();
    stay.bans = stay.bans.filter((ban) => ban.peer !== peer);
    await stay.worker('pardon', { peer });
    await this.#remember(stay);
    this.#changed();
  }

  /** The user has changed the settings. */
  async configure(): Promise<void> {
    const stay = this.#stay;
    if (!stay) {
      this.#changed();
      return;
    }
    const before = stay.settings;
    stay.settings = await this.#settings();
    await this.#share(stay);
    const { signalling, isLanOnly } = stay.settings;
    const isSame =
      JSON.stringify(signalling) === JSON.stringify(before.signalling) && isLanOnly === before.isLanOnly;
    if (!isSame) this.#openDoor(stay);
    this.#changed();
  }

  async status(): Promise<MeshStatus> {
    const { peer } = await this.#self();
    const settings = await this.#settings();
    const stay = this.#stay;
    const { signalling } = settings;
    return {
      room: stay && { code: stay.room.code, link: this.deps.linkTo(stay.room.code) },
      self: { peer, name: settings.name, isSharing: settings.share.isOn },
      server: {
        state: !stay?.doorman
          ? 'off'
          : stay.door !== undefined
            ? 'open'
            : stay.serverProblem
              ? 'lost'
              : 'connecting',
        address: signalling.kind === 'server' ? signalling.address : signalling.kind,
        problem: stay?.serverProblem,
      },
      machines: (stay?.machines ?? []).map((machine) => ({
        ...machine,
        digits: stay?.links.get(machine.peer)?.digits ?? '',
      })),
      connecting: stay?.connecting ?? 0,
      bans: stay?.bans ?? [],
    };
  }

  /** Told of every change of the status, until the returned function is called. */
  watch(onChange: () => void): () => void {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }

  #here(): Stay {
    if (this.#stay) return this.#stay;
    throw new HearthError('gone', 'This machine is in no room. Create or join one first.');
  }

  #self(): Promise<Identity> {
    this.#identity ??= openIdentity(this.deps.keys);
    return this.#identity;
  }

  async #settings(): Promise<MeshSettings> {
    return (await this.deps.background('settings', undefined)).mesh;
  }

  async #workerCalls(): Promise<Client<MeshWorkerCalls>['call']> {
    if (!this.#worker) await this.deps.wakeWorker();
    const client = await this.#worker;
    if (!client) throw new HearthError('internal', 'The engine worker did not start.');
    return client.call;
  }

  /** One at a time, so that two screens do not enter two rooms. */
  #enterOnce(secret: Bytes, before?: Pick<Stay, 'bans'> & { known: Iterable<PeerId> }): Promise<void> {
    const entered = this.#entering.then(async () => {
      const room = await openRoom(secret);
      if (this.#stay?.room.id === room.id) return;
      if (this.#stay) throw new HearthError('busy', 'This machine is in another room. Leave it first.');
      await this.#enter(secret, before);
    });
    this.#entering = entered.catch(() => {});
    return entered;
  }

  async #enter(secret: Bytes, before?: Pick<Stay, 'bans'> & { known: Iterable<PeerId> }): Promise<void> {
    const [identity, settings, room] = await Promise.all([this.#self(), this.#settings(), openRoom(secret)]);
    const worker = await this.#workerCalls();
    const stay: Stay = {
      room,
      secret,
      settings,
      worker,
      left: new AbortController(),
      introductions: undefined as never,
      doorman: undefined,
      door: undefined,
      serverProblem: undefined,
      links: new Map(),
      doors: new Map(),
      machines: [],
      known: new Set(before?.known),
      bans: [...(before?.bans ?? [])],
      connecting: 0,
      knocks: 0,
      cancelKnock: () => {},
      invited: undefined,
    };
    stay.introductions = this.#introduce(stay, identity);
    this.#stay = stay;
    void worker(
      'run',
      {
        self: identity.peer,
        incarnation: this.#life,
        name: settings.name,
        share: { ...settings.share, isOn: await sharesNow(settings, this.deps.background) },
        bans: stay.bans,
      },
      { signal: stay.left.signal, onPart: (event) => this.#onEvent(stay, event) },
    ).catch(ignore);
    this.#openDoor(stay);
    this.#checkShare(stay);
    await this.#remember(stay);
    this.#changed();
  }

  #end(stay: Stay): void {
    if (this.#stay === stay) this.#stay = undefined;
    stay.left.abort();
    stay.cancelKnock();
    stay.introductions.close();
    stay.invited?.close();
    // Goodbyes go out first: closing a connection at once would swallow them
    const { links, doorman } = stay;
    this.deps.clock.after(GOODBYE_MS, () => {
      for (const { connections } of links.values()) for (const connection of connections) connection.close();
      doorman?.close();
    });
    this.#changed();
  }

  #introduce(stay: Stay, { peer: self }: Identity): Introductions {
    const ice = () => iceServersOf(stay.settings);
    return new Introductions({
      self,
      clock: this.deps.clock,
      linked: () => [...stay.links.keys()],
      isRefused: (peer) => this.#isRefused(stay, peer),
      send: (peer, message) => void stay.worker('signal', { peer, message }).catch(ignore),
      offer: async (peer) => {
        const carrier = ownCarrier(ice(), true);
        const sdp = await offerOf(carrier.connection);
        return {
          sdp,
          accept: (answer) =>
            void acceptAnswer(carrier.connection, answer)
              .then(() => this.#link(stay, carrier, peer))
              .catch(() => carrier.close()),
        };
      },
      answer: async (peer, offer) => {
        if (stay.connecting >= MAX_CONNECTING)
          throw new HearthError('busy', 'Too many links are being made.');
        const carrier = ownCarrier(ice(), false);
        const sdp = await answerTo(carrier.connection, offer);
        void this.#link(stay, carrier, peer).catch(ignore);
        return sdp;
      },
    });
  }

  #openDoor(stay: Stay): void {
    stay.doorman?.close();
    stay.doorman = undefined;
    stay.door = undefined;
    stay.serverProblem = undefined;
    const server = serverOf(stay.settings);
    if (!server) return;
    stay.doorman = new Doorman({
      roomId: stay.room.id,
      server,
      iceServers: iceServersOf(stay.settings),
      random: this.deps.random,
      onKnock: (carrier) => {
        if (stay.connecting >= MAX_CONNECTING) carrier.close();
        else void this.#link(stay, carrier).catch(ignore);
      },
      onDoor: (door, problem) => {
        stay.door = door;
        stay.serverProblem = problem;
        if (door !== undefined) this.#knockAfter(stay, 0);
        this.#changed();
      },
    });
  }

  /** Until somebody answers; then now and then, since a room that fell apart may have members at several doors. */
  #knockAfter(stay: Stay, ms: number): void {
    stay.cancelKnock();
    stay.cancelKnock = this.deps.clock.after(ms, () => {
      void this.#knock(stay).then((isAnswered) => {
        if (stay.left.signal.aborted || !stay.doorman) return;
        stay.knocks = isAnswered ? 0 : stay.knocks + 1;
        this.#knockAfter(stay, knockAgainAfterMs(isAnswered ? 5 : stay.knocks, this.deps.random));
      });
    });
  }

  async #knock(stay: Stay): Promise<boolean> {
    for (const [door, peer] of stay.doors) if (!stay.links.has(peer)) stay.doors.delete(door);
    for (const door of doorsToKnock(stay.door ?? 0, new Set(stay.doors.keys()))) {
      const carrier = stay.doorman?.knock(door);
      if (!carrier) return false;
      try {
        const { peer } = await this.#link(stay, carrier);
        stay.doors.set(door, peer);
        return true;
      } catch {
        // Nobody there, or nobody of this room: the next door
      }
    }
    return stay.links.size > 0;
  }

  async #link(stay: Stay, carrier: Carrier, expected?: PeerId): Promise<MadeLink> {
    stay.connecting++;
    this.#changed();
    try {
      const identity = await this.#self();
      const link = await makeLink(carrier, {
        worker: stay.worker,
        number: ++this.#numbers,
        iceServers: iceServersOf(stay.settings),
        isWanted: (proven) => isWanted(stay.links.get(proven.peer), proven, identity.peer, carrier.isCaller),
        handshake: {
          identity,
          life: this.#life,
          room: stay.room,
          expected,
          isRefused: (peer) => this.#isRefused(stay, peer),
          random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
        },
      });
      this.#linked(stay, link);
      return link;
    } finally {
      stay.connecting--;
      this.#changed();
    }
  }

  #linked(stay: Stay, link: MadeLink): void {
    const { peer, connections, number } = link;
    const before = stay.links.get(peer);
    stay.links.set(peer, link);
    if (before) for (const connection of before.connections) connection.close();
    for (const connection of connections)
      connection.addEventListener('connectionstatechange', () => {
        if (connection.connectionState !== 'failed') return;
        void stay.worker('drop', { connection: number, reason: 'The network to it is gone.' }).catch(ignore);
      });
    stay.introductions.linksChanged();
    if (!stay.known.has(peer)) {
      stay.known.add(peer);
      void this.#remember(stay).catch(ignore);
    }
  }

  #isRefused(stay: Stay, peer: PeerId): boolean {
    if (stay.bans.some((ban) => ban.peer === peer)) return true;
    return stay.settings.admits === 'known' && !stay.known.has(peer);
  }

  #onEvent(stay: Stay, event: MeshEvent): void {
    switch (event.kind) {
      case 'machines':
        stay.machines = event.machines;
        break;
      case 'signal':
        stay.introductions.receive(event.peer, event.message);
        return;
      case 'bans':
        stay.bans = event.bans;
        void this.#remember(stay).catch(ignore);
        break;
      case 'closed':
        this.#closed(stay, event.connection);
    }
    this.#changed();
  }

  #closed(stay: Stay, number: number): void {
    const link = [...stay.links.values()].find((link) => link.number === number);
    if (!link) return;
    stay.links.delete(link.peer);
    for (const connection of link.connections) connection.close();
    stay.introductions.linksChanged();
    if (stay.doorman) this.#knockAfter(stay, knockAgainAfterMs(0, this.deps.random));
  }

  #checkShare(stay: Stay): void {
    this.deps.clock.after(SHARE_CHECK_MS, () => {
      if (stay.left.signal.aborted) return;
      void this.#share(stay).catch(ignore);
      this.#checkShare(stay);
    });
  }

  async #share(stay: Stay): Promise<void> {
    const { settings } = stay;
    const isOn = await sharesNow(settings, this.deps.background);
    await stay.worker('configure', { name: settings.name, share: { ...settings.share, isOn } });
  }

  async #remember(stay: Stay): Promise<void> {
    if (this.#stay !== stay) return;
    const { room, known, bans } = stay;
    await this.deps.background('rememberRoom', { code: room.code, known: [...known].slice(-256), bans });
  }

  #changed(): void {
    for (const tell of this.#watchers) tell();
  }
}

const GOODBYE_MS = 200;

/**
 * Of two links to one machine both sides must keep the same: that of its newer life; of one life, the one that the
 * lesser id called for, or the newer if one side called for both.
 */
function isWanted(
  before: MadeLink | undefined,
  { peer, life }: Proven,
  self: PeerId,
  isCaller: boolean,
): boolean {
  if (!before || life > before.life || before.isCaller === isCaller) return true;
  return self < peer === isCaller;
}

/** A link that could not be made is ordinary: whoever wanted it tries again. */
function ignore(): void {}
