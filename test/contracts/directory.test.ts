import { describe } from 'vitest';
import { MemoryDirectory } from '../fakes/memory-directory.ts';
import { directoryContract } from './directory.ts';

describe('the directory in memory', () => {
  let directory: MemoryDirectory;
  directoryContract({
    open: async () => (directory = new MemoryDirectory()),
    leaveRoom: async (bytes = Number.POSITIVE_INFINITY) => {
      directory.capacityBytes = directory.usedBytes + bytes;
    },
  });
});
