import type { ByteSource } from '../../models/gguf/header-bytes.ts';
import type { Engine } from '../engine/engine.ts';
import { type ModelFile, readModelFile } from '../engine/model-file.ts';
import { mapModel } from '../engine/stages/model-map.ts';
import type { StagedWeights } from '../engine/stages/staged-model.ts';
import type { Clock } from '../mesh/clock.ts';
import type { MeshNode } from '../mesh/mesh-node.ts';
import type { ShardedModel } from '../mesh/run/sharded-model.ts';
import { HearthError } from '../protocol/errors.ts';
import type { Stage, StageOrder, StageSizes } from '../protocol/stage.ts';

/** Whoever waits for a stage hears of it so often. */
const TELL_MS = 400;
/** What an answer is taken to be where nobody has said: it decides between ways that are almost alike. */
const USUAL_DEMAND = { promptTokens: 256, answerTokens: 128, chunkRows: 31 };

export interface RoomModelsDeps {
  clock: Clock;
  engine: Pick<Engine, 'openStage' | 'status'>;
  /** The models that are on this machine, by the SHA-256 of their files. */
  byHash(): Promise<ReadonlyMap<string, string>>;
  open(model: string): Promise<ByteSource>;
  /** This machine in the room that it is in. */
  node(): MeshNode | undefined;
  /** What the owner gives to others, in bytes. */
  sharedBytes(): number;
  onDecision(model: string, why: string): void;
}

/** Models over the room: stages that others want of this machine, and chains of stages that this machine wants. */
export class RoomModels {
  /** Stages are made one after the other: what an earlier one has taken may be given up by then. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly deps: RoomModelsDeps) {}

  /** Makes a stage of a model's file that lies here. Fails, in words for who asked, if it does not, or has no place. */
  async openStage(
    order: StageOrder,
    isOwn: boolean,
    onProgress: (doneBytes: number, totalBytes: number) => void,
  ): Promise<Stage> {
    const progress = { doneBytes: 0, totalBytes: 0 };
    let cancel = () => {};
    const tell = () => {
      onProgress(progress.doneBytes, progress.totalBytes);
      cancel = this.deps.clock.after(TELL_MS, tell);
    };
    tell();
    const made = this.#last.then(() => this.#makeStage(order, isOwn, progress));
    this.#last = made.catch(() => {});
    try {
      return await made;
    } finally {
      cancel();
    }
  }

  async #makeStage(
    order: StageOrder,
    isOwn: boolean,
    progress: { doneBytes: number; totalBytes: number },
  ): Promise<Stage> {
    const { engine, byHash, open, sharedBytes } = this.deps;
    const model = (await byHash()).get(order.model);
    if (model === undefined)
      throw new HearthError(
        'not-found',
        'This machine does not have the model that you ask for a stage of. Download it there too.',
      );
    const source = await open(model);
    try {
      const file = await readModelFile(source);
      if (mapModel(file, order.model).hidden !== order.hidden)
        throw new HearthError(
          'bad-input',
          'The model travels in another type. Use the same version of Hearth.',
        );
      const budgetBytes = isOwn ? Number.POSITIVE_INFINITY : sharedBytes();
      return await engine.openStage(file, source, order, budgetBytes, (doneBytes, totalBytes) =>
        Object.assign(progress, { doneBytes, totalBytes }),
      );
    } finally {
      await source.close?.();
    }
  }

  /** Where a model may lie that does not fit here; nothing while nobody else shares anything. */
  placeStages(model: string, file: ModelFile): ((sizes: StageSizes) => StagedWeights) | undefined {
    const node = this.deps.node();
    if (!node?.members.some(({ beat }) => beat.isSharing)) return undefined;
    return (sizes) => new RoomWeights(this.deps, node, model, file, sizes);
  }
}

/** The stages of one model, wherever the room has them. */
class RoomWeights implements StagedWeights {
  #sharded: ShardedModel | undefined;
  #isClosed = false;

  constructor(
    private readonly deps: RoomModelsDeps,
    private readonly node: MeshNode,
    private readonly model: string,
    private readonly file: ModelFile,
    private readonly sizes: StageSizes,
  ) {}

  get isGone(): boolean {
    return this.#isClosed || this.deps.node() !== this.node;
  }

  get places() {
    return (this.#sharded?.way?.stages ?? []).map(({ peer, span: { first, end } }) => ({
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

  close(): void {
    this.#isClosed = true;
    if (this.#sharded) this.node.closeModel(this.#sharded);
  }

  async #shard(): Promise<ShardedModel> {
    const { byHash, engine, onDecision } = this.deps;
    const hash = [...(await byHash())].find(([, model]) => model === this.model)?.[0];
    if (hash === undefined)
      throw new HearthError('gone', 'The room cannot run a model whose file has no known SHA-256.');
    return this.node.openModel({
      map: mapModel(this.file, hash),
      sizes: this.sizes,
      demand: () => ({ ...USUAL_DEMAND, streams: Math.max(1, engine.status().running.length) }),
      drafts: () => undefined,
      reference: async () => undefined,
      onDecision: ({ why }) => onDecision(this.model, why),
      onFailure: (why) => onDecision(this.model, why),
      onLap: () => {},
    });
  }
}
