import type { PeerId } from '../../protocol/peer-id.ts';
import type { ModelMap } from '../../protocol/stage.ts';
import type { Machine, RoomView } from '../topology/topology.ts';
import { modelCost, spanOf } from './model-cost.ts';
import { planChain } from './plan-chain.ts';
import { type Demand, type Prediction, predict } from './predict.ts';
import { chooseReplica, type Replica } from './spread-requests.ts';

/** What leaves this machine has to gain at least so much: estimates err, and a stage may have to be loaded. */
const WORTH_LEAVING = 1.25;
/** An answer that may be as long as it likes mostly is not. */
const USUAL_ANSWER = 128;
/** Rows of a prompt that go together, and answers at once: here, and in a stage elsewhere. */
const HERE = { chunkRows: 256, slots: 32 };
const THERE = { chunkRows: 31, slots: 6 };

export const NO_LAPS = { laps: 0, predictedMs: 0, measuredMs: 0 };

export interface MachineChoice {
  self: PeerId;
  room: RoomView;
  map: ModelMap;
  /** Positions that a stage's cache must hold. */
  positions: number;
  request: { promptTokens: number; maxTokens: number; running: number; runningAt(key: string): number };
  nameOf(peer: PeerId): string;
}

interface Place extends Replica {
  peer: PeerId;
  /** Of this request, beside what runs there. */
  now: Prediction;
}

/**
 * The machine that a whole request goes to, for a model that this machine can run too: each is a replica, and the
 * request goes where it is predicted to be answered first, beside what runs there already. Why, in words, and why it is
 * not split: what fits one machine would pay for hops and gain nothing by them.
 */
export function chooseMachine(choice: MachineChoice): { peer: PeerId; why: string } {
  const { self, room, map, positions, nameOf } = choice;
  const cost = modelCost(map);
  const whole = spanOf(0, cost.layers, cost.layers);
  const places = room.machines
    .filter(({ peer, freeBytes }) => peer === self || cost.memory(whole, positions) <= freeBytes)
    .map((machine) => placeOf(choice, machine));
  const here = places.find(({ peer }) => peer === self)!;
  const best = chooseReplica(places) ?? here;
  const [rival] = places
    .filter(({ peer }) => (peer === self) !== (best === here))
    .sort((a, b) => a.now.totalMs - b.now.totalMs);
  const nameOfPlace = ({ peer }: Place) => (peer === self ? 'this machine' : nameOf(peer));
  const where = best === here ? 'Runs on this machine' : `Runs whole on ${nameOf(best.peer)}`;
  const runs = `${where}: ${best.now.tokenMs.toFixed(1)} ms a token, ${seconds(best)} in all.`;
  const other = rival ? ` On ${nameOfPlace(rival)} it would take ${seconds(rival)}.` : '';
  return { peer: best.peer, why: `${runs}${other}${whyNotSplit(choice)}` };
}

function placeOf({ self, room, map, request }: MachineChoice, machine: Machine): Place {
  const cost = modelCost(map);
  const isHere = machine.peer === self;
  const { chunkRows, slots } = isHere ? HERE : THERE;
  const running = isHere ? request.running : request.runningAt(machine.peer);
  // What this machine computes itself is counted as streams, not as load
  const at = isHere ? { ...machine, load: 0, queue: 0 } : machine;
  const on = { self, cost, room: { ...room, machines: [at] } };
  const stages = [{ peer: machine.peer, span: spanOf(0, cost.layers, cost.layers) }];
  const predictAt = (streams: number) => {
    const answerTokens = Math.min(request.maxTokens, USUAL_ANSWER);
    const demand: Demand = { promptTokens: request.promptTokens, answerTokens, streams, chunkRows };
    return predict(on, stages, demand);
  };
  return {
    peer: machine.peer,
    streams: running,
    slots,
    now: predictAt(running + 1),
    predictMs: (streams) => predictAt(streams).totalMs * (isHere ? 1 : WORTH_LEAVING),
  };
}

function whyNotSplit({ self, room, map, positions }: MachineChoice): string {
  const cost = modelCost(map);
  const needed = cost.memory(spanOf(0, cost.layers, cost.layers), positions);
  // As if no machine held it alone
  const machines = room.machines.map((machine) => ({
    ...machine,
    freeBytes: Math.min(machine.freeBytes, needed - 1),
  }));
  const split = planChain({ self, cost, room: { ...room, machines }, positions, objective: 'sum' });
  if (!split || split.stages.length < 2) return '';
  return ` Split over ${split.stages.length} machines a token would take ${split.costMs.toFixed(1)} ms.`;
}

function seconds({ now }: Place): string {
  return `${(now.totalMs / 1000).toFixed(1)} s`;
}
