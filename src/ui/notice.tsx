import type { ComponentChildren } from 'preact';

/** A sentence that the user should not miss. An error is also announced. */
export function Notice({ kind, children }: { kind: 'warning' | 'error'; children: ComponentChildren }) {
  return (
    <div class={`notice ${kind}`} role={kind === 'error' ? 'alert' : undefined}>
      {children}
    </div>
  );
}
