import { useSignal } from '@preact/signals';

/** Takes files by dropping, or by the file dialog for those who use no mouse. */
export function DropZone({ onFiles }: { onFiles: (files: File[]) => void }) {
  const isOver = useSignal(false);
  const take = (files: FileList | null | undefined) => {
    if (files?.length) onFiles([...files]);
  };
  return (
    <label
      class={`drop ${isOver.value ? 'over' : ''}`}
      onDragOver={(event) => {
        event.preventDefault();
        isOver.value = true;
      }}
      onDragLeave={() => (isOver.value = false)}
      onDrop={(event) => {
        event.preventDefault();
        isOver.value = false;
        take(event.dataTransfer?.files);
      }}
    >
      <input
        type="file"
        class="visually-hidden"
        accept=".gguf"
        multiple
        onChange={({ currentTarget }) => {
          take(currentTarget.files);
          // So that the same file can be chosen again after an error
          currentTarget.value = '';
        }}
      />
      <span>
        Drop a <code>.gguf</code> file here, or <span class="link">choose one</span>
      </span>
      <span class="muted small">Hearth keeps its own copy; the file stays where it is.</span>
    </label>
  );
}
