import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';

/** Takes files by dropping, or by the file dialog for those who use no mouse. */
export function DropZone(props: {
  /** As a file input has it. */
  accept: string;
  isMultiple?: boolean;
  onFiles: (files: File[]) => void;
  children: ComponentChildren;
}) {
  const { accept, isMultiple = false, onFiles, children } = props;
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
        accept={accept}
        multiple={isMultiple}
        onChange={({ currentTarget }) => {
          take(currentTarget.files);
          // So that the same file can be chosen again after an error
          currentTarget.value = '';
        }}
      />
      {children}
    </label>
  );
}
