/** What Hearth is for, while it has nothing to do. */
export function Idle() {
  return (
    <section class="card idle" aria-label="Nothing is running">
      <h2>Nothing is running</h2>
      <p class="muted">
        Web pages can use a language model on this machine through Hearth, once you have allowed them.
      </p>
      <p class="muted">A page begins with</p>
      <pre>
        <code>await hearth.request()</code>
      </pre>
      <a href={chrome.runtime.getURL('hearth.d.ts')} target="_blank" rel="noreferrer">
        What a page can call
      </a>
    </section>
  );
}
