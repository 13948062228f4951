import { afterAll, beforeAll, describe } from 'vitest';
import { directoryContract } from '../contracts/directory.ts';
import { StoragePage } from './storage/harness.ts';

let storage: StoragePage;
let folders = 0;

beforeAll(async () => {
  storage = await StoragePage.open();
});
afterAll(() => storage?.close());

describe('the origin private file system', () => {
  directoryContract(() => storage.directory(`contract-${++folders}`));
});
