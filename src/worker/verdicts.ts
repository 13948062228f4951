import type { Verdicts } from '../engine/device/self-test/self-test.ts';
import type { Directory } from '../storage/directory.ts';
import type { Choices } from '../tasks/faster.ts';

/** A machine has few adapters, and drivers change now and then. */
const MOST_VERDICTS = 16;
/** One for each task of a model. */
const MOST_CHOICES = 512;

/** What self-tests have found in this browser, in a file: another version may compile other code. */
export function keptVerdicts(open: () => Promise<Directory>, browser: string): Verdicts {
  return keptWords(open, 'verdicts.json', MOST_VERDICTS, browser);
}

/** Where each model was found faster in this browser, in another file. */
export function keptChoices(open: () => Promise<Directory>, browser: string): Choices {
  return keptWords(open, 'choices.json', MOST_CHOICES, browser);
}

/** A word for each key, of this browser. Of many, the newest are kept. */
function keptWords(open: () => Promise<Directory>, file: string, most: number, browser: string) {
  const read = async (directory: Directory): Promise<Record<string, string>> => {
    const value = await directory.readJson(file);
    if (typeof value !== 'object' || value === null) return {};
    return Object.fromEntries(
      Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    );
  };
  return {
    async get(name: string): Promise<string | undefined> {
      const key = `${name} | ${browser}`;
      const all = await read(await open());
      return Object.hasOwn(all, key) ? all[key] : undefined;
    },
    async set(name: string, word: string): Promise<void> {
      const key = `${name} | ${browser}`;
      const directory = await open();
      const { [key]: _, ...others } = await read(directory);
      const kept = Object.entries(others).slice(1 - most);
      await directory.writeJson(file, Object.fromEntries([...kept, [key, word]]));
    },
  };
}
