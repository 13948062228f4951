import type { Directory } from '../storage/directory.ts';
import type { KeptLedger } from './room-ledger.ts';

const FILE = 'ledger.json';

/** Accounts in a file. */
export function keptLedger(open: () => Promise<Directory>): KeptLedger {
  return {
    read: async () => (await open()).readJson(FILE),
    write: async (value) => (await open()).writeJson(FILE, value),
  };
}
