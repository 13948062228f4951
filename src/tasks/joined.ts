import type { TaskArgs } from '../protocol/tasks.ts';
import type { Together } from './task.ts';

interface Rows {
  dims: number[];
  slice(...ranges: [number, number][]): unknown;
}

/** For tasks whose answer is a tensor with a row of each input. */
export function joined(key: (args: TaskArgs) => string | undefined): Together {
  return {
    key,
    split(answer, counts) {
      const rows = answer as Rows;
      let at = 0;
      return counts.map((count) => rows.slice([at, (at += count)]));
    },
  };
}
