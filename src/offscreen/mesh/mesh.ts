import { type Client, connect } from '../../channel/connect.ts';
import { messagePortWire } from '../../channel/message-port.ts';
import type { Clock } from '../../mesh/clock.ts';
import type { Bytes } from '../../mesh/identity/bytes.ts';
import { type Identity, type KeyStore, openIdentity } from '../../mesh/identity/identity.ts';
import { openRoom, parseRoomCode, SECRET_BYTES } from '../../mesh/identity/room.ts';
import type { BackgroundCalls, RememberedRoom } from '../../protocol/background-calls.ts';
import { HearthError } from '../../protocol/errors.ts';
import type { MeshShare, MeshWorkerCalls } from '../../protocol/mesh-calls.ts';
import type { MeshStatus } from '../../protocol/mesh-screen-calls.ts';
import type { PeerId } from '../../protocol/peer-id.ts';
import type { MeshSettings } from '../../protocol/settings.ts';
import { isRemembered, type Page } from '../page.ts';
import { Meetings } from './meetings.ts';
import { sharesNow } from './shares-now.ts';
import { Stay } from './stay.ts';

const SHARE_CHECK_MS = 10_000;
const MAX_KNOWN = 256;

export interface MeshDeps {
  background: Client<BackgroundCalls>['call'];
  keys: KeyStore;
  clock: Clock;
  random: () => number;
  /** Starts the engine worker if need be; the mesh's port to it comes through `workerStarted`. */
  wakeWorker(): Promise<unknown>;
  linkTo(code: string): string;
}

/** Whether this machine is in a room, and what its screens see and do about it. */
export class Mesh {
  readonly #life = Date.now();
  readonly #watchers = new Set<() => void>();
  readonly #meetings: Meetings;
  #identity: Promise<Identity> | undefined;
  #worker: Client<MeshWorkerCalls> | undefined;
  #stay: Stay | undefined;
  #entering: Promise<void> = Promise.resolve();
  #numbers = 0;

  constructor(private readonly deps: MeshDeps) {
    this.#meetings = new Meetings(deps.clock);
  }

  /** The engine worker has begun, here or anew after a crash; all links ended with the one before. */
  workerStarted(port: MessagePort, gone: Promise<HearthError>): void {
    const client = connect<MeshWorkerCalls>(messagePortWire(port, gone));
    this.#worker = client;
    void gone.then(() => {
      if (this.#worker === client) this.#worker = undefined;
      const back = this.#entering.then(async () => {
        const stay = this.#stay;
        if (!stay) return;
        this.#end(stay);
        await this.#enter(stay.deps.secret, stay);
      });
      this.#entering = back.catch(() => {});
      return back;
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
    // A room that is being entered is left too
    await this.#entering;
    const stay = this.#stay;
    if (stay) this.#end(stay);
    stay?.forget();
    // The secret is nowhere from here on
    await this.deps.background('rememberRoom', undefined);
    this.#changed();
  }

  async invite(): Promise<string> {
    return this.#meetings.invite(this.#here());
  }

  /** On the other machine: enters the room, and gives what the first machine is to be shown. */
  async reply(text: string): Promise<string> {
    const invitation = this.#meetings.read(text);
    await this.#enterOnce(invitation.secret);
    return this.#meetings.reply(this.#here(), invitation);
  }

  async accept(text: string): Promise<void> {
    await this.#meetings.accept(this.#here(), text);
  }

  async ban(peer: PeerId): Promise<void> {
    await this.#here().deps.worker('ban', { peer, why: 'its owner asked for it here' });
  }

  async pardon(peer: PeerId): Promise<void> {
    const stay = this.#here();
    stay.bans = stay.bans.filter((ban) => ban.peer !== peer);
    await stay.deps.worker('pardon', { peer });
    await this.#remember(stay);
    this.#changed();
  }

  /** The user has changed the settings. */
  async configure(): Promise<void> {
    const settings = await this.#settings();
    await this.#stay?.configure(settings, await this.#share(settings));
    this.#changed();
  }

  /**
   * Whether what a page says may be computed on other machines: not that of sites that the user keeps here, of private
   * windows, or of pages that nobody can name.
   */
  mayLeave(page: Page): boolean {
    const { settings } = this.#stay ?? {};
    return settings !== undefined && isRemembered(page) && !settings.staysHere.includes(page.origin);
  }

  /** What a page may know of the room: no names. */
  summary(page: Page): { machines: number; sharing: number; mayUse: boolean } {
    const machines = this.#stay?.machines ?? [];
    return {
      machines: this.#stay ? machines.length + 1 : 0,
      sharing: machines.filter(({ isSharing }) => isSharing).length,
      mayUse: this.mayLeave(page),
    };
  }

  async status(): Promise<MeshStatus> {
    const [{ peer }, { name, share, signalling }] = await Promise.all([this.#self(), this.#settings()]);
    const stay = this.#stay;
    const code = stay?.deps.room.code;
    return {
      room: code ? { code, link: this.deps.linkTo(code) } : undefined,
      self: { peer, name, isSharing: share.isOn, ...(stay?.own ?? { worksFor: [], tokensPerSecond: 0 }) },
      server: {
        state: stay?.server?.state ?? 'off',
        address: signalling.kind === 'server' ? signalling.address : signalling.kind,
        problem: stay?.server?.problem,
      },
      machines: (stay?.machines ?? []).map((machine) => ({
        ...machine,
        digits: stay!.digitsOf(machine.peer),
      })),
      connecting: stay?.connecting ?? 0,
      bans: stay?.bans ?? [],
      accounts: stay?.accounts ?? [],
      decisions: [...(stay?.decisions.values() ?? [])].map(({ model, why, laps }) => ({ model, why, laps })),
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

  async #share(settings: MeshSettings): Promise<MeshShare> {
    return { ...settings.share, isOn: await sharesNow(settings, this.deps.background) };
  }

  /** One at a time, so that two screens do not enter two rooms. */
  #enterOnce(secret: Bytes, before?: Pick<RememberedRoom, 'known' | 'bans'>): Promise<void> {
    const entered = this.#entering.then(async () => {
      const room = await openRoom(secret);
      if (this.#stay?.deps.room.id === room.id) return;
      if (this.#stay) throw new HearthError('busy', 'This machine is in another room. Leave it first.');
      await this.#enter(secret, before);
    });
    this.#entering = entered.catch(() => {});
    return entered;
  }

  async #enter(
    secret: Bytes,
    { known = [], bans = [] }: { known?: Iterable<PeerId>; bans?: RememberedRoom['bans'] } = {},
  ): Promise<void> {
    if (!this.#worker) await this.deps.wakeWorker();
    if (!this.#worker) throw new HearthError('internal', 'The engine worker did not start. Try again.');
    const settings = await this.#settings();
    const stay: Stay = new Stay({
      room: await openRoom(secret),
      secret,
      identity: await this.#self(),
      life: this.#life,
      worker: this.#worker.call,
      clock: this.deps.clock,
      random: this.deps.random,
      newNumber: () => ++this.#numbers,
      known,
      bans: [...bans],
      settings,
      share: await this.#share(settings),
      onChange: () => this.#changed(),
      onMemory: () => void this.#remember(stay).catch(console.error),
    });
    this.#stay = stay;
    this.#checkShare(stay);
    await this.#remember(stay);
    this.#changed();
  }

  #end(stay: Stay): void {
    if (this.#stay === stay) this.#stay = undefined;
    this.#meetings.cancel();
    stay.end();
    this.#changed();
  }

  /** Idleness and power change without anybody saying so. */
  #checkShare(stay: Stay): void {
    this.deps.clock.after(SHARE_CHECK_MS, () => {
      if (stay.hasLeft) return;
      const { settings } = stay;
      void this.#share(settings)
        .then((share) => stay.configure(settings, share))
        .catch(() => {});
      this.#checkShare(stay);
    });
  }

  async #remember(stay: Stay): Promise<void> {
    if (this.#stay !== stay) return;
    const { known, bans, deps } = stay;
    const newest = [...known].slice(-MAX_KNOWN);
    await this.deps.background('rememberRoom', { code: deps.room.code, known: newest, bans });
  }

  #changed(): void {
    for (const tell of this.#watchers) tell();
  }
}
