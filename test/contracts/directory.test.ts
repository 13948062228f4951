import { describe } from 'vitest';
import { MemoryDirectory } from '../fakes/memory-directory.ts';
import { directoryContract } from './directory.ts';

describe('the directory in memory', () => directoryContract(async () => new MemoryDirectory()));
