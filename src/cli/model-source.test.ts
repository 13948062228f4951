import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { smallModel } from '../../test/fakes/model-files.ts';
import { splitModel, writeParts } from '../../test/fakes/split-model.ts';
import { inspect } from './commands/inspect.ts';

const folder = mkdtempSync(join(tmpdir(), 'hearth-parts-'));
afterAll(() => rmSync(folder, { recursive: true }));

const names = [1, 2, 3].map((number) => join(folder, `small-0000${number}-of-00003.gguf`));

test('a model in several files is found by any of them, and needs all of them', async () => {
  for (const [i, bytes] of writeParts(await splitModel(smallModel(), 3)).entries())
    writeFileSync(names[i]!, bytes);
  for (const name of names) expect(await inspect(['--model', name])).toMatchObject({ name: 'small' });

  const alone = join(folder, 'renamed.gguf');
  renameSync(names[1]!, alone);
  await expect(inspect(['--model', names[0]!])).rejects.toThrow(
    /small-00002-of-00003\.gguf cannot be opened/,
  );
  await expect(inspect(['--model', alone])).rejects.toThrow(
    'part 2 of 3 of a model, and the others are missing',
  );
});
