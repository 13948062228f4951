import { bytesInWords } from '../../protocol/bytes-in-words.ts';
import type { PeerId } from '../../protocol/peer-id.ts';
import type { Machine } from '../topology/topology.ts';
import type { CostLog } from './cost-log.ts';
import { spanOf } from './model-cost.ts';
import { type PlacedStage, planChain } from './plan-chain.ts';
import { type Demand, type DraftYield, type PredictionRoom, predict } from './predict.ts';

export type StrategyKind = 'local' | 'peer' | 'pipeline';

/** A way in which a request could be answered. */
export interface Way {
  kind: StrategyKind;
  stages: PlacedStage[];
  /** Draft-and-verify: each lap is to yield several tokens. */
  drafts: boolean;
  /** As the cost model says it, and as experience corrects it. */
  modelMs: number;
  predictedMs: number;
  tokenMs: number;
}

export interface Decision {
  /** Nothing if the room's memory does not do. */
  way: Way | undefined;
  /** All that were weighed, best first. */
  ways: Way[];
  /** For people: where it runs, and why not otherwise. */
  why: string;
}

export interface StrategyRequest extends PredictionRoom {
  demand: Demand;
  /** Positions that the cache must hold. */
  positions: number;
  /** What drafting has yielded of late; nothing where it cannot be used. */
  drafts: DraftYield | undefined;
  log: CostLog;
  nameOf(peer: PeerId): string;
  held?(machine: Machine, span: PlacedStage['span']): boolean;
}

/** The name of a way in the log: what is learned of it holds for the next request that goes there. */
export function wayName({ kind, stages, drafts }: Pick<Way, 'kind' | 'stages' | 'drafts'>): string {
  const places = stages.map(({ peer, span }) => `${peer}:${span.first}-${span.end}`);
  return `${kind}${drafts ? ' with drafts' : ''} ${places.join(' ')}`;
}

/**
 * Where a request runs: on this machine, whole on another, or split, each with or without drafts; by what each is
 * predicted to take. Splitting a model that fits one machine makes an answer slower, so it is done only where the
 * prediction says otherwise, and the reason is given in words.
 */
export function chooseStrategy(request: StrategyRequest): Decision {
  const { self, cost, room, demand, drafts, log } = request;
  const whole = spanOf(0, cost.layers, cost.layers);
  const fits = (machine: Machine) =>
    cost.memory(whole, request.positions) <= machine.freeBytes || request.held?.(machine, whole) === true;
  const chains: { kind: StrategyKind; stages: PlacedStage[] }[] = room.machines
    .filter(fits)
    .map(({ peer }) => ({
      kind: peer === self ? 'local' : 'peer',
      stages: [{ peer, span: whole }],
    }));
  for (const objective of ['sum', 'max'] as const) {
    const plan = planChain({ ...request, objective });
    if (plan && plan.stages.length > 1) chains.push({ kind: 'pipeline', stages: plan.stages });
  }

  const ways = chains.flatMap(({ kind, stages }) =>
    (drafts ? [false, true] : [false]).map((isDrafting): Way => {
      const { totalMs, tokenMs } = predict(request, stages, demand, isDrafting ? drafts : undefined);
      const way = { kind, stages, drafts: isDrafting, modelMs: totalMs, tokenMs };
      return { ...way, predictedMs: log.correct(wayName(way), totalMs) };
    }),
  );
  ways.sort((a, b) => a.predictedMs - b.predictedMs || a.stages.length - b.stages.length);
  const way = ways.find(({ predictedMs }) => predictedMs < Number.POSITIVE_INFINITY);
  return { way, ways, why: explain(request, way, ways) };
}

function explain(
  { cost, room: { machines }, positions, nameOf }: StrategyRequest,
  way: Way | undefined,
  ways: readonly Way[],
): string {
  const needs = cost.memory(spanOf(0, cost.layers, cost.layers), positions);
  if (!way) {
    const free = machines.reduce((sum, { freeBytes }) => sum + freeBytes, 0);
    return `The model needs ${bytesInWords(needs)} of memory, and the ${machines.length === 1 ? 'one machine' : `${machines.length} machines`} here can give ${bytesInWords(free)}. Let more machines join, raise their memory caps, or choose a smaller model.`;
  }
  const rival = ways.find((other) => (other.kind === 'pipeline') !== (way.kind === 'pipeline'));
  const drafts = way.drafts ? ', several tokens a lap' : '';
  if (way.kind === 'pipeline') {
    const over = `Split over ${way.stages.length} machines${drafts}: ${pace(way)}`;
    if (rival) return `${over}. On the fastest one alone it would take ${seconds(rival)}.`;
    const most = Math.max(...machines.map(({ freeBytes }) => freeBytes));
    return `${over}. It fits no machine alone: it needs ${bytesInWords(needs)}, and the most that one can give is ${bytesInWords(most)}.`;
  }
  const where = way.kind === 'local' ? 'on this machine' : `whole on ${nameOf(way.stages[0]!.peer)}`;
  const here = `Runs ${where}${drafts}: ${pace(way)}`;
  if (!rival) return `${here}.`;
  return `${here}. Split over ${rival.stages.length} machines it would be slower: ${seconds(rival)}.`;
}

function pace(way: Way): string {
  return `${way.tokenMs.toFixed(1)} ms a token, ${seconds(way)} in all`;
}

function seconds({ predictedMs }: Way): string {
  return `${(predictedMs / 1000).toFixed(1)} s`;
}
