import { Chooser } from '../src/ui/chooser.tsx';
import { DropArea } from '../src/ui/drop-area.tsx';
import { chosenFolder, type DroppedFolder, readDropped } from './dropped-folder.ts';

interface Taken {
  onFiles: (files: File[]) => void;
  onFolder: (folder: DroppedFolder) => void;
}

/** Takes files and folders by dropping, or by the dialogs for those who use no mouse. */
export function DropZone({ onFiles, onFolder }: Taken) {
  async function drop(items: Iterable<DataTransferItem>): Promise<void> {
    const { folders, files } = await readDropped(items);
    if (files.length > 0) onFiles(files);
    for (const folder of folders) onFolder(folder);
  }
  return (
    <DropArea label="Files of models" onDrop={({ items }) => void drop([...items])}>
      <span>
        Drop a <code>.gguf</code> file here, or{' '}
        <Chooser accept=".gguf" onFiles={onFiles}>
          choose one
        </Chooser>
      </span>
      <span>
        Or a folder with an ONNX model, or{' '}
        <Chooser
          webkitdirectory
          onFiles={(files) => {
            const folder = chosenFolder(files);
            if (folder) onFolder(folder);
          }}
        >
          choose a folder
        </Chooser>
      </span>
      <span class="muted small">Hearth keeps its own copy; the files stay where they are.</span>
    </DropArea>
  );
}
