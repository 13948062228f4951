import { useSignal } from '@preact/signals';

/** A text to be taken elsewhere: selected by a click, copied by a button. */
export function CopyText({ text, name }: { text: string; name: string }) {
  const isCopied = useSignal(false);
  return (
    <div class="copy">
      <textarea
        readOnly
        rows={3}
        aria-label={name}
        value={text}
        onFocus={({ currentTarget }) => currentTarget.select()}
      />
      <button
        type="button"
        onClick={() => void navigator.clipboard.writeText(text).then(() => (isCopied.value = true))}
      >
        {isCopied.value ? 'Copied' : 'Copy'}
      </button>
    </div>
  );
}
