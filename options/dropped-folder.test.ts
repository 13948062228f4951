import { expect, test } from 'vitest';
import { chosenFolder, readDropped } from './dropped-folder.ts';

type Tree = { [name: string]: Tree | string };

/** A folder as a browser hands it over: two entries at a time. */
function entry(name: string, what: Tree | string): object {
  if (typeof what === 'string')
    return { name, isFile: true, file: (done: (file: File) => void) => done(new File([what], name)) };
  const entries = Object.entries(what).map(([child, inner]) => entry(child, inner));
  const createReader = () => ({
    readEntries: (done: (some: object[]) => void) => done(entries.splice(0, 2)),
  });
  return { name, isFile: false, createReader };
}

const item = (made: object | null, file: File | null = null) =>
  ({ webkitGetAsEntry: () => made, getAsFile: () => file }) as unknown as DataTransferItem;

test('a dropped folder comes with all its files by their paths, without what systems keep for themselves', async () => {
  const tree = {
    'config.json': '{}',
    '.DS_Store': '',
    onnx: { 'model.onnx': 'x', deep: { a: '1' } },
    'vocab.txt': 'v',
  };
  const dropped = await readDropped([
    item(entry('bert', tree)),
    item(entry('one.gguf', 'g')),
    item(null, new File(['h'], 'two.gguf')),
  ]);
  expect(dropped.files.map(({ name }) => name)).toEqual(['one.gguf', 'two.gguf']);
  expect(dropped.folders.map(({ name, files }) => [name, files.map(({ path }) => path)])).toEqual([
    ['bert', ['config.json', 'onnx/model.onnx', 'onnx/deep/a', 'vocab.txt']],
  ]);
});

test('a chosen folder has the same shape', () => {
  const file = (path: string) =>
    Object.assign(new File([''], path.split('/').at(-1)!), { webkitRelativePath: path });
  expect(chosenFolder([])).toBeUndefined();
  const chosen = chosenFolder([
    file('bert/config.json'),
    file('bert/.DS_Store'),
    file('bert/onnx/model.onnx'),
  ]);
  expect(chosen).toMatchObject({
    name: 'bert',
    files: [{ path: 'config.json' }, { path: 'onnx/model.onnx' }],
  });
});
