import { HearthError } from '../../../src/protocol/errors.ts';
import { GREEDY } from '../../../src/protocol/generate.ts';
import type { PeerId } from '../../../src/protocol/peer-id.ts';
import { withCheckedSlot } from '../../../src/mesh/trust/spot-check.ts';
import { type FakeModel, soloAnswer } from './fake-model.ts';
import { makeHostile } from './hostile.ts';
import { type Answer, SimMachine, type SimSizes } from './machine.ts';
import { CLEAR, Network } from './network.ts';
import { World } from './world.ts';

/** After this there are no more faults, and whatever is left must come right. */
const FAULTS_END_MS = 12_000;
/** Then everybody asks once more, and must be answered. */
const LAST_ASK_MS = 20_000;
const END_MS = 55_000;
/** A machine that is gone is in no list this long after. */
const GHOST_MS = 2_000;
const CONTEXT = 64;
const DIAL_MS = 250;
/** Timers of one machine, all told: beats, steps, streams. */
const MOST_TIMERS = 400;
/** Frames of all machines that are on their way. */
const MOST_FRAMES = 1_000;

export interface Outcome {
  seed: number;
  /** What was broken, in words; nothing if all is well. */
  broken: string[];
  trace: string[];
  asked: number;
  answered: number;
  failed: number;
  /** Times that a chain under way was lost. */
  recoveries: number;
  /** Asked on machines that then died. */
  lost: number;
  /** Longest pause of any answer that was finished. */
  longestPauseMs: number;
}

/** One life of a room, all chosen by its seed: machines, ways, faults, requests. */
export async function runScenario(seed: number): Promise<Outcome> {
  const room = new Room(seed);
  await room.run();
  return room.outcome();
}

class Room {
  readonly #seed: number;
  readonly #world: World;
  readonly #network: Network;
  readonly #machines: SimMachine[];
  readonly #model: FakeModel;
  readonly #answers: Answer[] = [];
  readonly #broken: string[] = [];
  readonly #trace: string[] = [];
  readonly #dialling = new Set<string>();
  readonly #rights = new Map<Answer['request'], ReturnType<typeof soloAnswer>>();
  readonly #hostile: SimMachine | undefined;

  constructor(seed: number) {
    this.#seed = seed;
    this.#world = new World(seed);
    this.#network = new Network(this.#world);
    const { random } = this.#world;
    const layers = 3 + int(random, 4);
    this.#model = { id: 'ab'.repeat(32), layers, vocab: 3 + int(random, 20), endId: 0 };
    const sizes: SimSizes = {
      slots: 2 + int(random, 3),
      maxRows: 8 + int(random, 9),
      contextLength: CONTEXT,
      pageSize: [4, 8, 16][int(random, 3)]!,
      pageCount: 0,
    };
    // Sometimes with too few pages for all, so that sequences are put off and computed again
    sizes.pageCount = Math.ceil(CONTEXT / sizes.pageSize) * (1 + int(random, sizes.slots));
    const [pageCount] = withCheckedSlot({ ...sizes, pageCounts: [sizes.pageCount] }).pageCounts;
    const cacheBytes = pageCount! * sizes.pageSize * 1_000;
    const count = 2 + int(random, 4);
    this.#machines = Array.from({ length: count }, (_, i) => {
      const held = 1 + int(random, layers);
      const msPerLayer = 2 + 25 * random();
      return new SimMachine(
        this.#world,
        {
          peer: `${String.fromCharCode(97 + i).repeat(42)}A` as PeerId,
          name: String.fromCharCode(65 + i),
          heldLayers: held,
          msPerLayer,
          msPerLayerRow: msPerLayer * 0.04,
          // Layers of a megabyte each, with embedding, head and cache
          memoryBytes: held * (1e6 + cacheBytes) + 2e6 + 64 * 2 ** 20,
          offsetMs: random() * 1e9,
          rate: 0.98 + 0.04 * random(),
          isSharing: random() < 0.9,
        },
        this.#model,
        sizes,
        (line) => this.#say(line),
      );
    });
    for (const machine of this.#machines) {
      machine.drafts = random() < 0.5;
      machine.checks = random() < 0.3;
    }
    for (const a of this.#machines)
      for (const b of this.#machines)
        if (a.peer < b.peer) this.#network.setLatency(a.peer, b.peer, 0.2 + 4 * random());
    this.#hostile = count > 2 && random() < 0.15 ? this.#machines[count - 1] : undefined;
  }

  async run(): Promise<void> {
    const world = this.#world;
    const { random } = world;
    for (const machine of this.#machines) world.after(200 * random(), () => machine.boot());
    this.#dial();
    this.#watch();
    if (this.#hostile) makeHostile(this.#hostile, world, (line) => this.#say(line));

    const requests = 2 + int(random, 5);
    for (let i = 0; i < requests; i++) world.after(1_500 + 9_000 * random(), () => this.#ask());
    const faults = int(random, 9);
    for (let i = 0; i < faults; i++)
      world.after(1_000 + (FAULTS_END_MS - 4_000) * random(), () => this.#harm());
    world.after(FAULTS_END_MS, () => this.#mend());
    world.after(LAST_ASK_MS, () => {
      for (const machine of this.#machines) this.#ask(machine);
    });
    // Until a while after everybody has been answered, and no longer than that takes
    await world.runUntil(LAST_ASK_MS + 3_000);
    while (world.now < END_MS && this.#answers.some(({ outcome, isVoid }) => !outcome && !isVoid))
      await world.runUntil(world.now + 1_000);
    this.#judge();
  }

  outcome(): Outcome {
    const ended = this.#answers.filter(({ outcome }) => outcome?.kind === 'done');
    return {
      seed: this.#seed,
      broken: this.#broken,
      trace: this.#trace,
      asked: this.#answers.length,
      answered: ended.length,
      failed: this.#answers.filter(({ outcome }) => outcome?.kind === 'failed').length,
      recoveries: this.#machines.reduce((sum, { failures }) => sum + failures, 0),
      lost: this.#answers.filter(({ isVoid }) => isVoid).length,
      longestPauseMs: Math.max(0, ...ended.map(({ longestPauseMs }) => longestPauseMs)),
    };
  }

  #ask(on?: SimMachine): void {
    const { random } = this.#world;
    const alive = this.#machines.filter(({ life }) => life);
    if (alive.length === 0) return;
    const machine = on ?? alive[int(random, alive.length)]!;
    const prompt = Array.from({ length: 1 + int(random, 24) }, () => 1 + int(random, this.#model.vocab - 1));
    const sampling = { ...GREEDY, temperature: random() < 0.3 ? 1 : 0, seed: int(random, 1e6) };
    this.#answers.push(machine.ask({ prompt, maxTokens: 4 + int(random, 40), sampling }));
  }

  #harm(): void {
    const world = this.#world;
    const { random } = world;
    // Half of the time, somebody whom somebody else relies on
    const busy = this.#machines.filter(({ life }) => (life?.node.host.coordinators.length ?? 0) > 0);
    const among = busy.length > 0 && random() < 0.5 ? busy : this.#machines;
    const victim = among[int(random, among.length)]!;
    const other = this.#machines[int(random, this.#machines.length)]!;
    const forMs = 300 + 4_000 * random();
    const kind = int(random, 8);
    if (kind === 0) {
      for (const answer of this.#answers)
        if (answer.machine === victim && !answer.outcome) answer.isVoid = true;
      if (random() < 0.3) victim.leave();
      else victim.crash();
      world.after(forMs, () => {
        if (!victim.life) victim.boot();
      });
    } else if (kind === 1) victim.freeze(forMs);
    else if (kind === 2) {
      this.#say(`${victim.traits.name} becomes slow`);
      victim.slowness = 2 + 40 * random();
      world.after(forMs, () => (victim.slowness = 1));
    } else if (victim !== other) {
      const isBoth = random() < 0.5;
      const weather =
        kind <= 4
          ? { ...CLEAR, isCut: true }
          : kind === 5
            ? { ...CLEAR, drop: 0.3 * random() }
            : kind === 6
              ? { ...CLEAR, duplicate: random(), reorderMs: 400 * random() }
              : { ...CLEAR, reorder: random(), reorderMs: 400 * random() };
      this.#say(
        `weather from ${victim.traits.name} to ${other.traits.name}${isBoth ? ' and back' : ''}: ${JSON.stringify(weather)}`,
      );
      this.#network.setWeather(victim.peer, other.peer, weather);
      if (isBoth) this.#network.setWeather(other.peer, victim.peer, weather);
      world.after(forMs, () => {
        this.#network.setWeather(victim.peer, other.peer, CLEAR);
        this.#network.setWeather(other.peer, victim.peer, CLEAR);
      });
    }
  }

  #mend(): void {
    this.#say('all faults end');
    this.#network.clearAll();
    for (const machine of this.#machines) {
      machine.slowness = 1;
      if (!machine.life) machine.boot();
    }
  }

  /** Who makes links notices who is there, and connects them again after a while. */
  #dial(): void {
    for (const a of this.#machines) {
      for (const b of this.#machines) {
        if (a.peer >= b.peer || !a.life || !b.life || areLinked(a, b)) continue;
        const key = a.peer + b.peer;
        if (this.#dialling.has(key)) continue;
        const isCut = [this.#network.weather(a.peer, b.peer), this.#network.weather(b.peer, a.peer)].some(
          ({ isCut }) => isCut,
        );
        if (isCut) continue;
        this.#dialling.add(key);
        this.#world.after(100 + 300 * this.#world.random(), () => {
          this.#dialling.delete(key);
          if (!a.life || !b.life) return;
          const [there, back] = this.#network.connect(a, b);
          a.addLink(there);
          b.addLink(back);
        });
      }
    }
    this.#world.after(DIAL_MS, () => this.#dial());
  }

  #watch(): void {
    const now = this.#world.now;
    for (const machine of this.#machines) {
      const { life, place, traits } = machine;
      // A frozen machine sees nothing, and what has just woken has not looked yet
      if (!life || now < place.frozenUntil + GHOST_MS) continue;
      for (const { peer } of life.node.members) {
        const other = this.#machines.find((at) => at.peer === peer)!;
        if (other.goneAt !== undefined && now - other.goneAt > GHOST_MS / Math.min(1, traits.rate))
          this.#break(
            `${traits.name} still lists ${other.traits.name}, which has been gone for ${now - other.goneAt} ms`,
          );
      }
      if (place.pending > MOST_TIMERS) this.#break(`${traits.name} has ${place.pending} timers`);
      if (life.node.host.queue > 256) this.#break(`${traits.name} has ${life.node.host.queue} steps waiting`);
    }
    if (this.#network.framesInFlight > MOST_FRAMES)
      this.#break(`${this.#network.framesInFlight} frames are on their way`);
    for (const answer of this.#answers) this.#checkIds(answer);
    if (this.#broken.length === 0) this.#world.after(100, () => this.#watch());
  }

  /** What has been said so far is how the right answer begins. */
  #checkIds({ ids, request, machine }: Answer): void {
    const { ids: right } = this.#right(request);
    const wrong = ids.findIndex((id, i) => id !== right[i]);
    if (wrong >= 0)
      this.#break(
        `${machine.traits.name} was told ${ids[wrong]} as token ${wrong}, which is ${right[wrong]}`,
      );
  }

  #right(request: Answer['request']) {
    let right = this.#rights.get(request);
    if (!right) {
      const { prompt, maxTokens, sampling } = request;
      const room = CONTEXT - prompt.length;
      this.#rights.set(
        request,
        (right = soloAnswer(this.#model, prompt, Math.min(maxTokens, room), sampling)),
      );
    }
    return right;
  }

  #judge(): void {
    for (const answer of this.#answers) {
      this.#checkIds(answer);
      const { outcome, isVoid, request, ids, machine } = answer;
      if (isVoid) continue;
      const name = machine.traits.name;
      if (!outcome) this.#break(`a request on ${name} never ended`);
      else if (outcome.kind === 'failed') {
        if (!(outcome.error instanceof HearthError && outcome.error.code === 'gone'))
          this.#break(`a request on ${name} ended with ${String(outcome.error)}`);
        if (answer.askedAt >= LAST_ASK_MS && this.#couldAnswer(machine))
          this.#break(`a request on ${name} failed, long after all is well: ${String(outcome.error)}`);
      } else {
        const right = this.#right(request);
        // The id that ends an answer is told apart by its reason
        const told = ids.filter((id) => id !== this.#model.endId);
        if (told.length !== right.ids.length)
          this.#break(`a request on ${name} ended after ${told.length} of ${right.ids.length} tokens`);
        if ((outcome.reason === 'stop') !== right.isEnded)
          this.#break(`a request on ${name} ended with ${outcome.reason}`);
      }
    }
    for (const a of this.#machines)
      for (const b of this.#machines) {
        if (a === b || !a.life || this.#isBanned(a, b)) continue;
        if (!a.life.node.members.some(({ peer }) => peer === b.peer))
          this.#break(`${a.traits.name} does not see ${b.traits.name}, long after all is well`);
      }
  }

  /** Whether the memory of those who share is surely enough: if each had room for embedding and head. */
  #couldAnswer(asker: SimMachine): boolean {
    const sharing = this.#machines.filter(
      (at) => at === asker || (at.traits.isSharing && !this.#isBanned(at, asker)),
    );
    return sharing.reduce((sum, { traits }) => sum + traits.heldLayers, 0) >= this.#model.layers;
  }

  #isBanned(a: SimMachine, b: SimMachine): boolean {
    return a === this.#hostile || b === this.#hostile;
  }

  #break(what: string): void {
    this.#broken.push(what);
    this.#say(`BROKEN: ${what}`);
  }

  #say(line: string): void {
    this.#trace.push(`${this.#world.now.toFixed(1).padStart(9)} ${line}`);
  }
}

function areLinked(a: SimMachine, b: SimMachine): boolean {
  const has = (at: SimMachine, peer: PeerId) =>
    [...(at.life?.links ?? [])].some((link) => link.isOpen && link.peer === peer && link.other?.isOpen);
  return has(a, b.peer) && has(b, a.peer);
}

function int(random: () => number, below: number): number {
  return Math.floor(random() * below);
}
