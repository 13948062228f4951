import { MAX_BUNDLE_FILES } from '../src/protocol/limits.ts';

/** A folder with a model in several files. */
export interface DroppedFolder {
  name: string;
  files: { path: string; file: File }[];
}

/** What a person dropped: folders with all that is in them, and the files that lay beside them. To be called while the event lasts. */
export async function readDropped(
  items: Iterable<DataTransferItem>,
): Promise<{ folders: DroppedFolder[]; files: File[] }> {
  // The list is empty once the event is over. What a script drops has no entry
  const entries = [...items].map((item) => item.webkitGetAsEntry() ?? item.getAsFile());
  const folders: DroppedFolder[] = [];
  const files: File[] = [];
  for (const entry of entries) {
    if (entry instanceof File) files.push(entry);
    else if (entry?.isFile) files.push(await fileOf(entry as FileSystemFileEntry));
    else if (entry)
      folders.push({ name: entry.name, files: await filesIn(entry as FileSystemDirectoryEntry, '') });
  }
  return { folders, files };
}

/** What a person chose in the dialog for folders: `webkitRelativePath` begins with the folder's own name. */
export function chosenFolder(files: Iterable<File>): DroppedFolder | undefined {
  const all = [...files].filter(({ name }) => !name.startsWith('.'));
  const [first] = all;
  if (!first) return undefined;
  const [name = 'folder'] = first.webkitRelativePath.split('/');
  return {
    name,
    files: all.map((file) => ({ path: file.webkitRelativePath.slice(name.length + 1), file })),
  };
}

async function filesIn(folder: FileSystemDirectoryEntry, path: string): Promise<DroppedFolder['files']> {
  const all: DroppedFolder['files'] = [];
  const reader = folder.createReader();
  // Entries come a hundred at a time, and then none
  for (let some = await read(reader); some.length > 0; some = await read(reader)) {
    for (const entry of some) {
      // What systems keep for themselves
      if (entry.name.startsWith('.')) continue;
      if (entry.isFile)
        all.push({ path: `${path}${entry.name}`, file: await fileOf(entry as FileSystemFileEntry) });
      else all.push(...(await filesIn(entry as FileSystemDirectoryEntry, `${path}${entry.name}/`)));
      if (all.length > MAX_BUNDLE_FILES) return all;
    }
  }
  return all;
}

function read(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  return new Promise((resolve, reject) => reader.readEntries(resolve, reject));
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
