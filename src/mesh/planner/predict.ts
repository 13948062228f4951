import type { PeerId } from '../../protocol/peer-id.ts';
import type { RoomView } from '../topology/topology.ts';
import type { ModelCost } from './model-cost.ts';
import { busyMs, type PlacedStage } from './plan-chain.ts';

/** What is asked of a model. */
export interface Demand {
  promptTokens: number;
  answerTokens: number;
  /** Answers made at the same time, this one included. */
  streams: number;
  /** Rows of a prompt that go through the stages together. */
  chunkRows: number;
}

/** Draft-and-verify: rows that a lap carries more, and tokens that it yields. */
export interface DraftYield {
  rows: number;
  tokens: number;
}

/** Milliseconds. */
export interface Prediction {
  prefillMs: number;
  /** For each token of one stream. */
  tokenMs: number;
  totalMs: number;
}

export interface PredictionRoom {
  self: PeerId;
  cost: ModelCost;
  room: RoomView;
}

/**
 * How long an answer takes on a chain of stages. A prompt's chunks follow each other through the stages, so that all but
 * the first wait for the slowest stage alone. Streams are shared out among the stages, so that each is at work; a stream
 * has its next token after a lap, or when the slowest stage has served them all.
 */
export function predict(
  { self, cost, room }: PredictionRoom,
  stages: readonly PlacedStage[],
  demand: Demand,
  drafts?: DraftYield,
): Prediction {
  const stageMs = (rows: number) =>
    stages.map(({ peer, span }) => busyMs(cost, room.machines.find((at) => at.peer === peer)!, span, rows));
  const hopsMs = (rows: number) => {
    const peers = [self, ...stages.map(({ peer }) => peer), self];
    return peers.slice(1).reduce((sum, to, i) => {
      const bytes = i === 0 || i === stages.length ? 64 + 16 * rows : cost.hopBytes(rows);
      return sum + room.hopMs(peers[i]!, to, bytes);
    }, 0);
  };
  const lapMs = (rows: number) => stageMs(rows).reduce((sum, ms) => sum + ms, hopsMs(rows));
  const slowestMs = (rows: number) => Math.max(...stageMs(rows));

  const { promptTokens, answerTokens, streams, chunkRows } = demand;
  const chunks = Math.max(1, Math.ceil(promptTokens / chunkRows));
  const rows = Math.min(promptTokens, chunkRows);
  const prefillMs = lapMs(rows) + (chunks - 1) * slowestMs(rows);

  const perStep = Math.ceil(streams / stages.length) * (1 + (drafts?.rows ?? 0));
  const steps = Math.min(streams, stages.length);
  const roundMs = Math.max(lapMs(perStep), steps * slowestMs(perStep));
  const tokenMs = roundMs / (drafts?.tokens ?? 1);
  return { prefillMs, tokenMs, totalMs: prefillMs + answerTokens * tokenMs };
}
