interface ChooserProps {
  accept?: string;
  webkitdirectory?: boolean;
  onFiles: (files: File[]) => void;
  children: string;
}

/** A link that opens the dialog for files, or for folders. */
export function Chooser({ onFiles, children, ...kind }: ChooserProps) {
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
