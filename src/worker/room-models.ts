import type { ByteSource } from '../../models/gguf/header-bytes.ts';
import type { Elsewhere, Engine, RequestSize } from '../engine/engine.ts';
import { type ModelFile, readModelFile } from '../engine/model-file.ts';
import { planChain, sizesOf } from '../engine/stages/stage-sizes.ts';
import type { StagedWeights } from '../engine/stages/staged-model.ts';
import type { Clock, Random } from '../mesh/clock.ts';
import { MeasuredSpeeds } from '../mesh/planner/measured-speeds.ts';
import { chooseMachine, NO_LAPS } from '../mesh/planner/choose-machine.ts';
import { modelCost, spanOf } from '../mesh/planner/model-cost.ts';
import { PieceExchange } from '../mesh/load/piece-exchange.ts';
import type { PieceLoaderOptions } from '../mesh/load/piece-loader.ts';
import { type Way, wayName } from '../mesh/planner/choose-strategy.ts';
import type { MeshNode } from '../mesh/mesh-node.ts';
import { largestCache } from '../mesh/trust/spot-check.ts';
import { DraftYields } from '../mesh/run/draft-yields.ts';
import type { ShardedModel } from '../mesh/run/sharded-model.ts';
import type { MeshDecision } from '../protocol/mesh-calls.ts';
import { HearthError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/peer-id.ts';
import type { ModelMap, ModelOrigin, Stage, StageOrder, StageSizes } from '../protocol/stage.ts';
import { hashOf, mapBy, type RoomFiles } from './room-files.ts';

/** Whoever waits for a stage hears of it so often. */
const TELL_MS = 400;
/** Of what a copy reaches: what a step that reads each weight once comes to. */
const READ_SHARE = 0.5;
/** How often screens are told what laps take. */
const LAPS_TOLD = 16;
/** What an answer is taken to be where nobody has said: it decides between ways that are almost alike. */
const USUAL_DEMAND = { promptTokens: 256, answerTokens: 128, chunkRows: 31 };

export interface RoomModelsDeps {
  clock: Clock;
  random: Random;
  engine: Pick<Engine, 'openStage' | 'status' | 'stageBytes' | 'bandwidth'>;
  files: RoomFiles;
  hub: PieceLoaderOptions['hub'];
  open(model: string): Promise<ByteSource>;
  /** This machine in the room that it is in. */
  node(): MeshNode | undefined;
  /** What the owner gives to others, in bytes. */
  sharedBytes(): number;
  onDecision(decision: MeshDecision): void;
}

type Progress = { doneBytes: number; totalBytes: number };

/** Models over the room: stages that others want of this machine, and chains of stages that this machine wants. */
export class RoomModels {
  readonly pieces: PieceExchange;
  /** Weights that this machine reads in a millisecond, by its memory's speed, where that has been measured. */
  bytesPerMs: number | undefined;
  /** Of the steps of every stage that was made here. */
  readonly speeds = new MeasuredSpeeds();
  /** Stages are made one after the other: what an earlier one has taken may be given up by then. */
  #last: Promise<unknown> = Promise.resolve();
  /** Whose header was read last: its stage is made next. */
  #fetched: { model: string; file: ModelFile } | undefined;

  constructor(private readonly deps: RoomModelsDeps) {
    const { clock, random, files, hub, node } = deps;
    this.pieces = new PieceExchange({
      clock,
      random,
      store: files,
      hub,
      sha256: hashOf,
      members: () => node()?.members ?? [],
      send: (peer, lane, frame) => node()?.send(peer, lane, frame),
      bufferedBytes: (peer) => node()?.bufferedBytes(peer) ?? 0,
      onTransfer: (peer, bytes, ms) => node()?.topology.measured(peer, node()!.self, bytes, ms),
      onForged: (peer) =>
        node()?.ban(peer, 'it sent other bytes than those of the piece that it was asked for'),
      freeBytes: () => this.#freeBytes(),
      readMap: async (manifest, origin, header) => {
        const file = await readModelFile(header);
        this.#fetched = { model: manifest.model, file };
        const map = mapBy(file, manifest, origin);
        await files.keep(manifest);
        return map;
      },
      makeStage: async (order, map, source) => {
        const file = this.#fetched?.model === order.model ? this.#fetched.file : await readModelFile(source);
        const stage = await this.#make(file, source, order, this.deps.sharedBytes(), () => {});
        return this.#timed(stage, order, map);
      },
    });
  }

  /**
   * Makes a stage of a model's file that lies here, or of pieces of it that are fetched. Fails, in words for who asked,
   * if they cannot be had, or the stage has no place.
   */
  async openStage(
    order: StageOrder,
    origin: ModelOrigin,
    asker: PeerId,
    onProgress: (doneBytes: number, totalBytes: number) => void,
  ): Promise<Stage> {
    const progress: Progress = { doneBytes: 0, totalBytes: 0 };
    let cancel = () => {};
    const tell = () => {
      onProgress(progress.doneBytes, progress.totalBytes);
      cancel = this.deps.clock.after(TELL_MS, tell);
    };
    tell();
    try {
      const note = (doneBytes: number, totalBytes: number) =>
        void Object.assign(progress, { doneBytes, totalBytes });
      const known = await this.deps.files.find(order.model);
      return await (known
        ? this.#ofFile(known.id, order, asker, note)
        : this.pieces.openStage(order, origin, asker, note));
    } finally {
      cancel();
    }
  }

  async #ofFile(
    model: string,
    order: StageOrder,
    asker: PeerId,
    onProgress: (doneBytes: number, totalBytes: number) => void,
  ): Promise<Stage> {
    const { files, open, node, sharedBytes } = this.deps;
    const source = await open(model);
    try {
      const file = await readModelFile(source);
      const map = await files.mapOf(model, file);
      if (map.hidden !== order.hidden)
        throw new HearthError(
          'bad-input',
          'The model travels in another type. Use the same version of Hearth.',
        );
      const budgetBytes = asker === node()?.self ? Number.POSITIVE_INFINITY : sharedBytes();
      return this.#timed(await this.#make(file, source, order, budgetBytes, onProgress), order, map);
    } finally {
      await source.close?.();
    }
  }

  /** The stage, each of whose steps says how fast this machine is. */
  #timed(stage: Stage, { model, span }: StageOrder, map: ModelMap): Stage {
    const layers = modelCost(map).weight(span);
    return {
      run: async (input) => {
        const output = await stage.run(input);
        this.speeds.add(model, layers, input.rows.length, output.busyMs);
        return output;
      },
      forget: () => stage.forget(),
      destroy: () => stage.destroy(),
    };
  }

  /** To check another machine by: of the memory that is free here it takes no more than half. */
  async #openReference(model: string, order: StageOrder): Promise<Stage> {
    const { open, engine } = this.deps;
    const { caps, memoryBytes } = engine.status();
    const source = await open(model);
    try {
      const budgetBytes = engine.stageBytes + (caps.memoryBytes - memoryBytes) / 2;
      return await this.#make(await readModelFile(source), source, order, budgetBytes, () => {});
    } finally {
      await source.close?.();
    }
  }

  #make(...stage: Parameters<Engine['openStage']>): Promise<Stage> {
    const made = this.#last.then(() => this.deps.engine.openStage(...stage));
    this.#last = made.catch(() => {});
    return made;
  }

  /** For others' stages. */
  #freeBytes(): number {
    const { engine, sharedBytes } = this.deps;
    const { caps, memoryBytes } = engine.status();
    return Math.max(0, Math.min(sharedBytes() - engine.stageBytes, caps.memoryBytes - memoryBytes));
  }

  /** A room has been entered: it is to know what is here, and what this machine can do before a step has shown it. */
  async entered(): Promise<void> {
    const { files, engine } = this.deps;
    const perSecond = this.bytesPerMs === undefined ? await engine.bandwidth() : undefined;
    if (perSecond !== undefined) this.bytesPerMs = (READ_SHARE * perSecond) / 1000;
    await files.learn();
  }

  /** Pieces of models, for heartbeats. */
  get held() {
    return this.deps.files.held;
  }

  /** Where a model may lie that does not fit here; nothing while nobody else shares anything. */
  placeStages(model: string, file: ModelFile): ((sizes: StageSizes) => StagedWeights) | undefined {
    const node = this.deps.node();
    if (!node?.members.some(({ beat }) => beat.isSharing)) return undefined;
    return (sizes) => this.#weights(node, model, file, sizes, undefined);
  }

  /** The machine that answers a request to a model of this machine sooner than it, if one does by far. */
  async elsewhere(model: string, file: ModelFile, request: RequestSize): Promise<Elsewhere | undefined> {
    const node = this.deps.node();
    if (!node?.members.some(({ beat }) => beat.isSharing)) return undefined;
    const { peer, why } = chooseMachine({
      self: node.self,
      room: node.topology.trusted,
      map: await this.deps.files.mapOf(model, file),
      positions: largestCache(sizesOf(planChain(file.config))),
      request,
      nameOf: (peer) => node.membership.get(peer)?.beat.name ?? 'this machine',
    });
    this.deps.onDecision({ model, why, laps: NO_LAPS });
    if (peer === node.self) return undefined;
    return { key: peer, place: (sizes) => this.#weights(node, model, file, sizes, peer) };
  }

  /** An answer of a whole model says how fast this machine is, as a stage's steps do. */
  async onAnswered(model: string, file: ModelFile, tokenMs: number, streams: number): Promise<void> {
    if (!this.deps.node()) return;
    const map = await this.deps.files.mapOf(model, file);
    const layers = map.layers.length;
    this.speeds.add(map.model, modelCost(map).weight(spanOf(0, layers, layers)), streams, tokenMs);
  }

  #weights(
    node: MeshNode,
    model: string,
    file: ModelFile,
    sizes: StageSizes,
    prefers: PeerId | undefined,
  ): RoomWeights {
    const reference = (id: string, order: StageOrder) => this.#openReference(id, order);
    return new RoomWeights(this.deps, node, model, file, sizes, reference, prefers);
  }
}

/** The stages of one model, wherever the room has them. */
class RoomWeights implements StagedWeights {
  #sharded: ShardedModel | undefined;
  #ranOn: Way | undefined;
  #why = '';
  #laps = 0;
  readonly #yields = new DraftYields();
  #isClosed = false;

  constructor(
    private readonly deps: RoomModelsDeps,
    private readonly node: MeshNode,
    private readonly model: string,
    private readonly file: ModelFile,
    private readonly sizes: StageSizes,
    private readonly reference: (model: string, order: StageOrder) => Promise<Stage>,
    private readonly prefers: PeerId | undefined,
  ) {}

  get isGone(): boolean {
    return this.#isClosed || this.deps.node() !== this.node;
  }

  /** Of the last lap that came back: a way that was planned since has computed nothing yet. */
  get places() {
    return ((this.#ranOn ?? this.#sharded?.way)?.stages ?? []).map(({ peer, span: { first, end } }) => ({
      machine: this.node.membership.get(peer)?.beat.name ?? 'this machine',
      first,
      end,
    }));
  }

  async open() {
    if (this.isGone) throw new HearthError('gone', 'This machine has left the room that the model ran in.');
    this.#sharded ??= await this.#shard();
    return this.#sharded.open();
  }

  #say(why: string): void {
    this.#why = why;
    const way = this.#sharded?.way;
    const laps = this.node.log.recent(way ? wayName(way) : '');
    this.deps.onDecision({ model: this.model, why, laps });
  }

  close(): void {
    this.#isClosed = true;
    if (this.#sharded) this.node.closeModel(this.#sharded);
  }

  async #shard(): Promise<ShardedModel> {
    const { files, engine } = this.deps;
    const { reference } = this;
    return this.node.openModel({
      map: await files.mapOf(this.model, this.file),
      sizes: this.sizes,
      prefers: this.prefers,
      demand: () => ({ ...USUAL_DEMAND, streams: Math.max(1, engine.status().running.length) }),
      drafts: () => this.#yields.now,
      onDrafts: (drafted, accepted) => this.#yields.add(drafted, accepted),
      reference: (order) => reference(this.model, order),
      onDecision: ({ why }) => this.#say(why),
      onFailure: (why) => this.#say(why),
      onLap: (_, way) => {
        this.#ranOn = way;
        if (++this.#laps % LAPS_TOLD === 0) this.#say(this.#why);
      },
    });
  }
}
