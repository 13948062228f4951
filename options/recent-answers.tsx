import type { EndedAnswer } from '../src/protocol/performance.ts';
import { formatDuration, formatRate } from '../src/ui/format.ts';
import { OriginName } from '../src/ui/origin-name.tsx';

/** How quick the last answers were. */
export function RecentAnswers({ answers }: { answers: readonly EndedAnswer[] }) {
  if (answers.length === 0) return <p class="muted">No page has been answered since the browser started.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section class="scrolls" tabIndex={0} aria-label="The last answers">
      <table>
        <thead>
          <tr>
            <th scope="col">Site</th>
            <th scope="col">Model</th>
            <th scope="col">Read</th>
            <th scope="col">First token</th>
            <th scope="col">Written</th>
            <th scope="col">Tokens/s</th>
            <th scope="col">Ended</th>
          </tr>
        </thead>
        <tbody>
          {answers.map((answer, i) => (
            <tr key={i}>
              <th scope="row" class="site-cell">
                <OriginName origin={answer.origin} />
              </th>
              <td>{answer.model}</td>
              <td>
                {answer.promptTokens}
                {answer.cachedTokens > 0 && <span class="muted">{` (${answer.cachedTokens} kept)`}</span>}
              </td>
              <td>{formatMs(answer.firstTokenMs)}</td>
              <td>{answer.completionTokens}</td>
              <td>{answer.tokensPerSecond > 0 ? formatRate(answer.tokensPerSecond) : '–'}</td>
              <td>{`${formatDuration(answer.agoMs / 1000)} ago`}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function formatMs(ms: number): string {
  return ms < 995 ? `${Math.round(ms)}\u00a0ms` : `${(ms / 1000).toFixed(1)}\u00a0s`;
}
