import { Governor } from '../../../src/engine/schedule/governor.ts';
import { Runner } from '../../../src/engine/answer/runner.ts';
import { StagedStepper } from '../../../src/engine/stages/staged-stepper.ts';
import { MeshNode } from '../../../src/mesh/mesh-node.ts';
import type { Clock } from '../../../src/mesh/clock.ts';
import type { ShardedModel } from '../../../src/mesh/run/sharded-model.ts';
import type { Ban } from '../../../src/mesh/trust/bans.ts';
import type { SamplingOptions } from '../../../src/protocol/generate.ts';
import type { PeerId } from '../../../src/protocol/peer-id.ts';
import type { StageOrder } from '../../../src/protocol/stage.ts';
import { type FakeModel, FakeStage, fakeMap } from './fake-model.ts';
import type { SimLink } from './network.ts';
import { simTerms } from './terms.ts';
import { Place, type World } from './world.ts';

export interface MachineTraits {
  peer: PeerId;
  name: string;
  /** Layers that its memory is good for, surely. */
  heldLayers: number;
  msPerLayer: number;
  msPerLayerRow: number;
  memoryBytes: number;
  /** Its clock against the world's. */
  offsetMs: number;
  rate: number;
  isSharing: boolean;
}

export interface SimSizes {
  slots: number;
  maxRows: number;
  contextLength: number;
  pageSize: number;
  pageCount: number;
}

export interface Request {
  prompt: number[];
  maxTokens: number;
  sampling: SamplingOptions;
}

/** What came of a request. */
export interface Answer {
  request: Request;
  machine: SimMachine;
  askedAt: number;
  ids: number[];
  outcome: { kind: 'done'; reason: string } | { kind: 'failed'; error: unknown } | undefined;
  endedAt: number | undefined;
  /** Between two parts, the longest wait. */
  longestPauseMs: number;
  lastPartAt: number;
  /** The machine that asked died: nobody waits for it any more. */
  isVoid: boolean;
}

interface Life {
  node: MeshNode;
  clock: Clock;
  links: Set<SimLink>;
  model: ShardedModel | undefined;
  runner: Promise<Runner> | undefined;
}

/** A machine with everything that a real one has but GPU, network and disk; what it must not forget survives its death. */
export class SimMachine {
  readonly place = new Place();
  readonly traits: MachineTraits;
  readonly stages: FakeStage[] = [];
  life: Life | undefined;
  /** When it went, if it is not there. */
  goneAt: number | undefined;
  slowness = 1;
  drafts = false;
  checks = false;
  readonly references: FakeStage[] = [];
  /** Whether the rows that it computes now come out wrong. */
  isLying = false;
  /** Epochs that ended before their work. */
  failures = 0;
  readonly #world: World;
  readonly #model: FakeModel;
  readonly #sizes: SimSizes;
  readonly #trace: (line: string) => void;
  #incarnation = 0;
  #bans: Ban[] = [];

  constructor(
    world: World,
    traits: MachineTraits,
    model: FakeModel,
    sizes: SimSizes,
    trace: (line: string) => void,
  ) {
    this.#world = world;
    this.traits = traits;
    this.#model = model;
    this.#sizes = sizes;
    this.#trace = trace;
  }

  get peer(): PeerId {
    return this.traits.peer;
  }

  get bans(): readonly Ban[] {
    return this.#bans;
  }

  boot(): void {
    const { peer, name, offsetMs, rate, memoryBytes, isSharing } = this.traits;
    const clock = this.#world.clock(this.place, offsetMs, rate);
    this.#incarnation++;
    this.goneAt = undefined;
    const node = new MeshNode({
      self: peer,
      incarnation: this.#incarnation,
      clock,
      random: this.#world.random,
      bans: this.#bans,
      describe: () => ({
        name,
        gpu: 'none',
        freeBytes: memoryBytes,
        bytesPerMs: 1e6 / this.traits.msPerLayer,
        speeds: [
          {
            model: this.#model.id,
            msPerLayer: this.traits.msPerLayer,
            msPerLayerRow: this.traits.msPerLayerRow,
          },
        ],
        load: 0,
        pieces: [],
      }),
      caps: () => ({ isSharing, gpuShare: 1, memoryBytes }),
      isOwnerBusy: () => false,
      openStage: async (order) => {
        await new Promise<void>((resolve) => clock.after(20, resolve));
        const stage = new FakeStage({
          model: this.#model,
          order,
          clock,
          isWrong: () => machine.isLying,
          get msPerLayer() {
            return traits.msPerLayer * machine.slowness;
          },
          get msPerLayerRow() {
            return traits.msPerLayerRow * machine.slowness;
          },
        });
        this.stages.push(stage);
        return stage;
      },
      onWork: () => {},
      onTaken: () => {},
      priority: () => 0,
      onEvent: (event) =>
        this.#say(
          `${event.kind} ${event.peer.slice(0, 4)}${'because' in event ? ` (${event.because})` : ''}`,
        ),
      onBans: (bans) => {
        this.#bans = bans;
        this.#say(`bans ${bans.at(-1)?.peer.slice(0, 4)}: ${bans.at(-1)?.why}`);
      },
      onMessage: () => {},
      onChunk: () => {},
    });
    const machine = this;
    const { traits } = this;
    this.life = { node, clock, links: new Set(), model: undefined, runner: undefined };
    this.#say('boots');
    node.start();
  }

  /** On this machine, at its pace. */
  #reference(order: StageOrder, clock: Clock): FakeStage | undefined {
    if (!this.checks) return undefined;
    const stage = new FakeStage({
      model: this.#model,
      order,
      clock,
      msPerLayer: this.traits.msPerLayer,
      msPerLayerRow: this.traits.msPerLayerRow,
    });
    this.references.push(stage);
    return stage;
  }

  /** Dies between two lines: nobody is told. */
  crash(): void {
    if (!this.life) return;
    this.#say('crashes');
    for (const link of this.life.links) link.die();
    this.#end();
  }

  /** Leaves as a browser does that is closed: there is a moment to say so. */
  leave(): void {
    if (!this.life) return;
    this.#say('leaves');
    this.life.node.stop();
    this.#end();
  }

  freeze(ms: number): void {
    this.#say(`freezes for ${ms.toFixed(0)} ms`);
    // What is frozen already does not thaw the sooner
    this.place.frozenUntil = Math.max(this.place.frozenUntil, this.#world.now + ms);
  }

  addLink(link: SimLink): void {
    if (!this.life) {
      link.die();
      return;
    }
    for (const old of this.life.links) if (!old.isOpen) this.life.links.delete(old);
    this.life.links.add(link);
    this.life.node.addLink(link, simTerms(this.peer, link.peer, link.name, this.life.clock));
  }

  ask(request: Request): Answer {
    const answer: Answer = {
      request,
      machine: this,
      askedAt: this.#world.now,
      ids: [],
      outcome: undefined,
      endedAt: undefined,
      longestPauseMs: 0,
      lastPartAt: this.#world.now,
      isVoid: false,
    };
    this.#say(`asks for ${request.maxTokens} tokens after ${request.prompt.length}`);
    const { life } = this;
    void this.#run(answer).then(
      (reason) => this.#settle(life, answer, { kind: 'done', reason }),
      (error: unknown) => this.#settle(life, answer, { kind: 'failed', error }),
    );
    return answer;
  }

  async #run(answer: Answer): Promise<string> {
    const { prompt, maxTokens, sampling } = answer.request;
    const { life } = this;
    const runner = await this.#runner();
    const output = await runner.run(
      { ids: prompt, maxTokens, sampling, stop: [], origin: 'page', lane: 'interactive' },
      async ({ ids }) => {
        if (this.life !== life) return;
        answer.longestPauseMs = Math.max(answer.longestPauseMs, this.#world.now - answer.lastPartAt);
        answer.lastPartAt = this.#world.now;
        answer.ids.push(...ids);
      },
      new AbortController().signal,
    );
    return output.finishReason;
  }

  #settle(life: Life | undefined, answer: Answer, outcome: Answer['outcome']): void {
    if (this.life !== life) return;
    answer.outcome = outcome;
    answer.endedAt = this.#world.now;
    this.#say(`answer ends: ${outcome?.kind === 'failed' ? String(outcome.error) : outcome?.reason}`);
  }

  #runner(): Promise<Runner> {
    const life = this.life!;
    life.runner ??= this.#open(life).catch((error: unknown) => {
      life.runner = undefined;
      throw error;
    });
    return life.runner;
  }

  async #open(life: Life): Promise<Runner> {
    const { node, clock } = life;
    const sizes = this.#sizes;
    const { pageCount, ...rest } = sizes;
    life.model ??= node.openModel({
      map: fakeMap(this.#model),
      sizes: { ...rest, pageCounts: [pageCount] },
      demand: () => ({ promptTokens: 8, answerTokens: 16, streams: 2, chunkRows: sizes.maxRows }),
      drafts: () => (this.drafts ? { rows: 4, tokens: 1.5 } : undefined),
      prefers: undefined,
      onDrafts() {},
      onDecision: ({ why, way }) =>
        this.#say(
          `${why} ${way?.stages.map(({ peer, span }) => `${peer.slice(0, 4)}[${span.first},${span.end})`).join(' ') ?? ''}`,
        ),
      onFailure: (why, culprit) => {
        this.failures++;
        const whose = culprit ? `${culprit.peer.slice(0, 4)} ${culprit.to?.slice(0, 4) ?? ''}` : '';
        this.#say(`chain fails: ${why} ${whose}`);
      },
      onLap: () => {},
      reference: async (order) => this.#reference(order, clock),
    });
    const { model } = life;
    const open = async () => new StagedStepper(await model.open());
    return new Runner({
      plan: {
        ...sizes,
        isWhole: false,
        groups: [{ window: 0, pageCount, blocks: [] }],
        maxPages: Math.ceil(sizes.contextLength / sizes.pageSize),
        kv: 'f16',
        weightsBytes: 0,
        kvBytes: 0,
        activationsBytes: 0,
        totalBytes: 0,
      },
      step: await open(),
      clock,
      governor: new Governor(clock),
      endIds: new Set([this.#model.endId]),
      newDecoder: () => ({ push: (id) => `${id} `, end: () => '' }),
      recover: open,
    });
  }

  #end(): void {
    this.life = undefined;
    this.goneAt = this.#world.now;
    this.place.life++;
    this.place.pending = 0;
    this.place.frozenUntil = 0;
  }

  #say(what: string): void {
    this.#trace(`${this.traits.name} ${what}`);
  }
}
