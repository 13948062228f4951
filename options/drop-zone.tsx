import { useSignal } from '@preact/signals';
import { chosenFolder, type DroppedFolder, readDropped } from './dropped-folder.ts';

interface Taken {
  onFiles: (files: File[]) => void;
  onFolder: (folder: DroppedFolder) => void;
}

/** Takes files and folders by dropping, or by the dialogs for those who use no mouse. */
export function DropZone({ onFiles, onFolder }: Taken) {
  const isOver = useSignal(false);
  async function drop(items: Iterable<DataTransferItem>): Promise<void> {
    const { folders, files } = await readDropped(items);
    if (files.length > 0) onFiles(files);
    for (const folder of folders) onFolder(folder);
  }
  return (
    <fieldset
      aria-label="Files of models"
      class={`drop ${isOver.value ? 'over' : ''}`}
      onDragOver={(event) => {
        event.preventDefault();
        isOver.value = true;
      }}
      onDragLeave={() => (isOver.value = false)}
      onDrop={(event) => {
        event.preventDefault();
        isOver.value = false;
        void drop([...(event.dataTransfer?.items ?? [])]);
      }}
    >
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
    </fieldset>
  );
}

interface ChooserProps {
  accept?: string;
  webkitdirectory?: boolean;
  onFiles: (files: File[]) => void;
  children: string;
}

function Chooser({ onFiles, children, ...kind }: ChooserProps) {
  return (
    <label>
      <input
        type="file"
        class="visually-hidden"
        multiple
        {...kind}
        onChange={({ currentTarget }) => {
          if (currentTarget.files?.length) onFiles([...currentTarget.files]);
          // So that the same file can be chosen again after an error
          currentTarget.value = '';
        }}
      />
      <span class="link">{children}</span>
    </label>
  );
}
