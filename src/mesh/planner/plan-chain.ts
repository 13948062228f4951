import type { PeerId } from '../../protocol/peer-id.ts';
import type { StageSpan } from '../../protocol/stage.ts';
import type { Machine, RoomView } from '../topology/topology.ts';
import { type ModelCost, spanOf } from './model-cost.ts';
import { ASKER, machinesWithin, placeLayers } from './place-layers.ts';

/** A chain is moved only for a plan that is better by more than this: moving costs a prefill, and estimates err. */
const WORTH_MOVING = 1.15;
/** Of the dynamic programme: some tens of milliseconds. */
const MOST_STEPS = 20e6;

export interface PlacedStage {
  peer: PeerId;
  span: StageSpan;
}

export interface ChainPlan {
  stages: PlacedStage[];
  /** What was minimised, in milliseconds: of a lap for one stream, of the slowest stage for many. */
  costMs: number;
}

export interface PlanRequest {
  self: PeerId;
  cost: ModelCost;
  room: RoomView;
  /** Positions that the cache must hold. */
  positions: number;
  objective: 'sum' | 'max';
  /** Stages whose weights lie on this machine's GPU already need no memory for them. */
  held?(machine: Machine, span: StageSpan): boolean;
}

/** Cuts a model into stages over the machines given. Nothing if all together they have not the memory. */
export function planChain(request: PlanRequest): ChainPlan | undefined {
  const most = machinesWithin(MOST_STEPS, request.cost.layers);
  const fastest = request.room.machines.toSorted((a, b) => speed(b) - speed(a)).slice(0, most);
  const plan = planOver(request, fastest);
  if (plan || request.room.machines.length <= most) return plan;
  return planOver(
    request,
    request.room.machines.toSorted((a, b) => b.freeBytes - a.freeBytes).slice(0, most),
  );
}

function planOver(
  { self, cost, room, positions, objective, held }: PlanRequest,
  machines: readonly Machine[],
): ChainPlan | undefined {
  const { layers } = cost;
  const peerOf = (machine: number) => (machine === ASKER ? self : machines[machine]!.peer);
  const hops = new Map<number, number>();
  const hopMs = (from: number, to: number) => {
    const key = (from + 1) * 64 + to + 1;
    let ms = hops.get(key);
    if (ms === undefined) {
      const bytes = from === ASKER || to === ASKER ? 64 : cost.hopBytes(1);
      hops.set(key, (ms = room.hopMs(peerOf(from), peerOf(to), bytes)));
    }
    return ms;
  };
  const placement = placeLayers({
    layers,
    machines: machines.length,
    objective,
    stageMs: (machine, first, end) => busyMs(cost, machines[machine]!, spanOf(first, end, layers), 1),
    fits(machine, first, end) {
      const span = spanOf(first, end, layers);
      return (
        cost.memory(span, positions) <= machines[machine]!.freeBytes ||
        held?.(machines[machine]!, span) === true
      );
    },
    hopMs,
  });
  return (
    placement && {
      costMs: placement.costMs,
      stages: placement.stages.map(({ machine, first, end }) => ({
        peer: peerOf(machine),
        span: spanOf(first, end, layers),
      })),
    }
  );
}

/** A stage's step with what else the machine has to do. */
export function busyMs(cost: ModelCost, machine: Machine, span: StageSpan, rows: number): number {
  const free = Math.max(0.1, 1 - machine.load);
  return (cost.stageMs(machine, span, rows) * machine.pace * (1 + machine.queue)) / free;
}

export function isWorthMoving(currentMs: number, nextMs: number): boolean {
  return nextMs * WORTH_MOVING < currentMs;
}

function speed({ bytesPerMs, load, pace }: Machine): number {
  return (bytesPerMs * Math.max(0.1, 1 - load)) / pace;
}
