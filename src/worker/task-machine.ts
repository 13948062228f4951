import type { Engine } from '../engine/engine.ts';
import type { Machine } from '../tasks/machine.ts';

/** The engine's device and memory, as tasks share them. */
export function taskMachine(engine: Engine): Machine {
  return {
    async device() {
      const gpu = await engine.device().catch(() => undefined);
      return gpu && { device: gpu.device, adapter: gpu.name, hasGone: () => gpu.hasGone() };
    },
    turn: (work) => engine.turn(work),
    lodge: (lodger, bytes) => engine.lodge(lodger, bytes),
    putOut: (lodger) => engine.putOut(lodger),
    now: () => performance.now(),
  };
}
