import type { ModelMap, Piece, StageSpan } from '../../protocol/stage.ts';
import type { Machine } from '../topology/topology.ts';

/** Of a machine's reading time: what each further row of a step adds, where it has not been measured. */
const ROW_SHARE = 0.03;

/** A model in the numbers that placing it needs. */
export interface ModelCost {
  model: string;
  layers: number;
  /** What layers [first, end) weigh, with embedding and head where the span has them. */
  bytes(span: StageSpan): number;
  /** Weights and a cache of `positions`, and what a step needs. */
  memory(span: StageSpan, positions: number): number;
  /** In layers: the head is read as they are, the embedding is looked up. */
  weight(span: StageSpan): number;
  /** A step of `rows` rows on a machine, without waiting. */
  stageMs(machine: Machine, span: StageSpan, rows: number): number;
  /** What a step of `rows` rows sends from stage to stage. */
  hopBytes(rows: number): number;
}

/** Every span of a chain follows from where it begins and ends. */
export function spanOf(first: number, end: number, layers: number): StageSpan {
  return { first, end, embeds: first === 0, samples: end === layers };
}

export function modelCost(map: ModelMap): ModelCost {
  const layerBytes = map.layers.map(sizeOf);
  const before = [0];
  for (const bytes of layerBytes) before.push(before.at(-1)! + bytes);
  const layers = layerBytes.length;
  const [embedding, head] = [sizeOf(map.embedding), sizeOf(map.head)];
  const meanBytes = before[layers]! / layers;

  const weight = ({ first, end, samples }: StageSpan) =>
    (before[end]! - before[first]! + (samples ? head : 0)) / meanBytes;
  const bytes = ({ first, end, embeds, samples }: StageSpan) =>
    before[end]! - before[first]! + (embeds ? embedding : 0) + (samples ? head : 0);

  return {
    model: map.model,
    layers,
    bytes,
    weight,
    memory: (span, positions) =>
      bytes(span) + positions * (span.end - span.first) * map.cacheBytesPerPosition + map.scratchBytes,
    stageMs(machine, span, rows) {
      const speed = machine.speeds.find(({ model }) => model === map.model);
      const perLayer = speed
        ? speed.msPerLayer + rows * speed.msPerLayerRow
        : (meanBytes / machine.bytesPerMs) * (1 + ROW_SHARE * (rows - 1));
      return weight(span) * perLayer;
    },
    hopBytes: (rows) => rows * map.dim * (map.hidden === 'f16' ? 2 : 4),
  };
}

function sizeOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { bytes }) => sum + bytes, 0);
}
