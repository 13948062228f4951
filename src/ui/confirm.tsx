import { useLayoutEffect, useRef } from 'preact/hooks';

/** Asks before something that cannot be undone. Escape and the first button change nothing. */
export function Confirm(props: {
  question: string;
  detail: string;
  action: string;
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
        <button type="submit">Keep it</button>
        <button type="submit" class="danger" onClick={props.onConfirm}>
          {props.action}
        </button>
      </form>
    </dialog>
  );
}
