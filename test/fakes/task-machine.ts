import { HearthError } from '../../src/protocol/errors.ts';
import type { Machine, TaskLodger } from '../../src/tasks/machine.ts';

/** A machine without a GPU, whose memory and time are told. */
export class TaskMachine implements Machine {
  readonly lodgers = new Set<TaskLodger>();
  capBytes = Number.POSITIVE_INFINITY;
  time = 0;

  async device() {
    return undefined;
  }

  turn<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  async lodge(lodger: TaskLodger, bytes: number): Promise<void> {
    this.lodgers.add(lodger);
    if (this.usedBytes + bytes > this.capBytes) throw new HearthError('out-of-memory', 'There is no room.');
  }

  putOut(lodger: TaskLodger): void {
    this.lodgers.delete(lodger);
  }

  now(): number {
    return this.time;
  }

  get usedBytes(): number {
    return [...this.lodgers].reduce((sum, { bytes }) => sum + bytes, 0);
  }
}
