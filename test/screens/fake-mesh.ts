import type { Handlers } from '../../src/channel/serve.ts';
import { HearthError } from '../../src/protocol/errors.ts';
import type { MeshScreenCalls, MeshStatus } from '../../src/protocol/mesh-screen-calls.ts';
import { meshStatuses } from '../fakes/mesh-scenes.ts';
import type { FakeHearth } from './fake-hearth.ts';

/** A room for the screens: it says what it is told to, and takes three texts. */
export class FakeMesh {
  status: MeshStatus;
  readonly #watchers = new Set<(status: MeshStatus) => void>();

  constructor(
    scene: string,
    private readonly entry: FakeHearth['entry'],
  ) {
    this.status = (scene === 'busy' || scene === 'room' ? meshStatuses.room : meshStatuses.none)!;
  }

  say(change: Partial<MeshStatus>): void {
    this.status = { ...this.status, ...change };
    for (const tell of this.#watchers) tell(this.status);
  }

  calls(): Handlers<MeshScreenCalls> {
    const { entry } = this;
    return {
      meshWatch: {
        parse: () => undefined,
        run: (_input, call) =>
          new Promise((_, reject) => {
            const tell = (status: MeshStatus) => void call.send(status);
            this.#watchers.add(tell);
            tell(this.status);
            call.signal.addEventListener('abort', () => {
              this.#watchers.delete(tell);
              reject(call.signal.reason);
            });
          }),
      },
      meshCreate: entry('meshCreate', () => this.#enter()),
      meshJoin: entry('meshJoin', ({ code }) => {
        if (code.length < 20)
          throw new HearthError('bad-input', 'This is no code of a room. It has twenty letters and digits.');
        return this.#enter();
      }),
      meshLeave: entry('meshLeave', () => {
        this.say(meshStatuses.none!);
        return undefined;
      }),
      meshInvite: entry('meshInvite', () => ({ text: `hearth:${'Aa0-'.repeat(28)}` })),
      meshReply: entry('meshReply', () => {
        this.#enter();
        return { text: `hearth:${'Bb1_'.repeat(24)}` };
      }),
      meshAccept: entry('meshAccept', () => {
        this.say(meshStatuses.room!);
        return undefined;
      }),
      meshBan: entry('meshBan', ({ peer }) => {
        this.say({
          machines: this.status.machines.filter((machine) => machine.peer !== peer),
          bans: [...this.status.bans, { peer, why: 'its owner asked for it here' }],
        });
        return undefined;
      }),
      meshPardon: entry('meshPardon', ({ peer }) => {
        this.say({ bans: this.status.bans.filter((ban) => ban.peer !== peer) });
        return undefined;
      }),
      meshConfigure: entry('meshConfigure', () => undefined),
    };
  }

  #enter(): undefined {
    this.say({ ...meshStatuses.room!, machines: [] });
    return undefined;
  }
}
