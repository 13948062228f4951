import { useLayoutEffect, useRef } from 'preact/hooks';

/** Asks before something that cannot be undone. Escape and the first button change nothing. */
export function Confirm(props: {
  question: string;
  detail: string;
  action: string;
  /** A milder way, beside `action`. */
  other?: { action: string; onConfirm: () => void };
  /** What the first button says. */
  refusal?: string;
  onConfirm: () => void;
  onClose: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby="question" aria-describedby="detail" onClose={props.onClose}>
      <h2 id="question">{props.question}</h2>
      <p id="detail" class="muted">
        {props.detail}
      </p>
      <form method="dialog">
        <button type="submit">{props.refusal ?? 'Keep it'}</button>
        {props.other && (
          <button type="submit" onClick={props.other.onConfirm}>
            {props.other.action}
          </button>
        )}
        <button type="submit" class="danger" onClick={props.onConfirm}>
          {props.action}
        </button>
      </form>
    </dialog>
  );
}
