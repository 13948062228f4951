import type { Profile } from '../src/protocol/performance.ts';
import { formatBytes, formatPercent } from '../src/ui/format.ts';
import { formatMicroseconds, formatPerSecond, speedOf } from './roofline.ts';

/** Each kernel of a step: its time, what it read and wrote, and how near its ceiling it came. */
export function KernelTable({ profile: { kernels, ceilings } }: { profile: Profile }) {
  const sum = kernels.reduce((total, { us }) => total + us, 0);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section class="scrolls" tabIndex={0} aria-label="Kernels of the step">
      <table>
        <thead>
          <tr>
            <th scope="col">Kernel</th>
            <th scope="col">Time</th>
            <th scope="col">Of the step</th>
            <th scope="col">Bytes</th>
            <th scope="col">Speed</th>
            <th scope="col">Of the ceiling</th>
          </tr>
        </thead>
        <tbody>
          {kernels.map((kernel, i) => {
            const speed = speedOf(kernel, ceilings);
            return (
              <tr key={kernel.kernel}>
                <th scope="row">
                  <span class="muted">{i + 1}</span> {kernel.kernel}
                  {kernel.dispatches > 1 && <span class="muted">{` × ${kernel.dispatches}`}</span>}
                </th>
                <td>{formatMicroseconds(kernel.us)}</td>
                <td>{formatPercent((100 * kernel.us) / sum)}</td>
                <td>{kernel.cost ? formatBytes(kernel.cost.bytes) : 'not told'}</td>
                <td>
                  {speed
                    ? speed.bound === 'memory'
                      ? formatPerSecond(speed.bytesPerSecond, 'B')
                      : formatPerSecond(speed.operationsPerSecond, 'ops')
                    : '–'}
                </td>
                <td>{speed ? `${formatPercent(100 * speed.share)} ${speed.bound}` : '–'}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
