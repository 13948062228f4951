import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';

/** An edge within which things are dropped. For those who use no mouse, a `Chooser` belongs among its children. */
export function DropArea(props: {
  label: string;
  onDrop: (dropped: DataTransfer) => void;
  children: ComponentChildren;
}) {
  const { label, onDrop, children } = props;
  const isOver = useSignal(false);
  return (
    <fieldset
      aria-label={label}
      class={`drop ${isOver.value ? 'over' : ''}`}
      onDragOver={(event) => {
        event.preventDefault();
        isOver.value = true;
      }}
      onDragLeave={() => (isOver.value = false)}
      onDrop={(event) => {
        event.preventDefault();
        isOver.value = false;
        if (event.dataTransfer) onDrop(event.dataTransfer);
      }}
    >
      {children}
    </fieldset>
  );
}
