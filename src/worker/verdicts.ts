import type { Verdicts } from '../engine/self-test/self-test.ts';
import type { Directory } from '../storage/directory.ts';

const FILE = 'verdicts.json';
/** A machine has few adapters, and drivers change now and then. */
const MOST = 16;

/** What self-tests have found in this browser, in a file: another version may compile other code. Of many, the newest are kept. */
export function keptVerdicts(open: () => Promise<Directory>, browser: string): Verdicts {
  const read = async (directory: Directory): Promise<Record<string, string>> => {
    const value = await directory.readJson(FILE);
    if (typeof value !== 'object' || value === null) return {};
    return Object.fromEntries(
      Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    );
  };
  return {
    async get(adapter) {
      const key = `${adapter} | ${browser}`;
      const all = await read(await open());
      return Object.hasOwn(all, key) ? all[key] : undefined;
    },
    async set(adapter, trust) {
      const key = `${adapter} | ${browser}`;
      const directory = await open();
      const { [key]: _, ...others } = await read(directory);
      const kept = Object.entries(others).slice(1 - MOST);
      await directory.writeJson(FILE, Object.fromEntries([...kept, [key, trust]]));
    },
  };
}
