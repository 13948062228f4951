/** Of the File System Access API, which TypeScript's library does not have: https://wicg.github.io/file-system-access/ */
interface FilePickers {
  showSaveFilePicker(options: { suggestedName: string }): Promise<FileSystemFileHandle>;
}

/** Where the user wants a file saved; undefined if they changed their mind. What is not closed leaves no file. */
export async function chooseFile(suggestedName: string): Promise<WritableStream<Uint8Array> | undefined> {
  try {
    const handle = await (window as unknown as FilePickers).showSaveFilePicker({ suggestedName });
    return (await handle.createWritable()) as WritableStream<Uint8Array>;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return undefined;
    throw error;
  }
}
