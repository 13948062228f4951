import type { Profile } from '../src/protocol/performance.ts';
import { formatPercent } from '../src/ui/format.ts';
import { formatPerSecond, logAxis, speedOf } from './roofline.ts';

const WIDTH = 640;
const HEIGHT = 320;
const PAD = { left: 74, right: 26, top: 14, bottom: 40 };

/** Kernels under the roof of what memory and arithmetic allow. Numbers are those of the table, which says the same in words. */
export function RooflinePlot({ profile: { kernels, ceilings, adapter } }: { profile: Profile }) {
  const points = kernels.flatMap((kernel, i) => {
    const speed = speedOf(kernel, ceilings);
    // A logarithm has no place for what calculates nothing
    return speed && speed.operationsPerSecond > 0 ? [{ ...kernel, ...speed, number: i + 1 }] : [];
  });
  if (points.length === 0) return null;
  const { bytesPerSecond, operationsPerSecond, integerOperationsPerSecond } = ceilings;
  const peaks = [
    { name: 'f32', value: operationsPerSecond },
    ...(integerOperationsPerSecond ? [{ name: 'int8', value: integerOperationsPerSecond }] : []),
  ];
  const top = Math.max(...peaks.map(({ value }) => value));
  const xs = logAxis([...points.map(({ intensity }) => intensity), (top / bytesPerSecond) * 4]);
  const ys = logAxis([...points.map((point) => point.operationsPerSecond), top]);
  const x = (value: number) => PAD.left + xs.at(value) * (WIDTH - PAD.left - PAD.right);
  const y = (value: number) => HEIGHT - PAD.bottom - ys.at(value) * (HEIGHT - PAD.top - PAD.bottom);
  const least = xs.ticks[0]!;
  const most = 10 ** Math.ceil(Math.log10((top / bytesPerSecond) * 4));
  const floor = ys.ticks[0]!;
  // The slope begins where it comes into the picture
  const from = Math.max(least, floor / bytesPerSecond);
  const longest = Math.max(...points.map(({ us }) => us));
  const { share, kernel } = points[0]!;
  const label = `Roofline of ${adapter}: operations a second by operations for each byte. The slowest kernel, ${kernel}, reaches ${formatPercent(100 * share)} of its ceiling.`;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section class="card scrolls" tabIndex={0} aria-label="Roofline">
      <svg class="roofline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
        {xs.ticks.map((tick) => (
          <g key={tick}>
            <line class="grid" x1={x(tick)} x2={x(tick)} y1={PAD.top} y2={HEIGHT - PAD.bottom} />
            <text x={x(tick)} y={HEIGHT - PAD.bottom + 16} text-anchor="middle">
              {tick < 1 ? tick.toPrecision(1) : tick.toLocaleString('en')}
            </text>
          </g>
        ))}
        {ys.ticks.map((tick) => (
          <g key={tick}>
            <line class="grid" x1={PAD.left} x2={WIDTH - PAD.right} y1={y(tick)} y2={y(tick)} />
            <text x={PAD.left - 8} y={y(tick) + 4} text-anchor="end">
              {formatPerSecond(tick, 'ops')}
            </text>
          </g>
        ))}
        <text x={(PAD.left + WIDTH) / 2} y={HEIGHT - 6} text-anchor="middle">
          operations for each byte
        </text>
        {peaks.map(({ name, value }) => (
          <g key={name}>
            <polyline
              class="roof"
              points={[
                [x(from), y(from * bytesPerSecond)],
                [x(value / bytesPerSecond), y(value)],
                [x(most), y(value)],
              ].join(' ')}
            />
            <text class="strong" x={WIDTH - PAD.right} y={y(value) - 6} text-anchor="end">
              {`${name}: ${formatPerSecond(value, 'ops')}`}
            </text>
          </g>
        ))}
        {points.toReversed().map(({ number, intensity, us, ...point }) => (
          <g key={number}>
            <circle
              class="kernel"
              cx={x(intensity)}
              cy={y(point.operationsPerSecond)}
              r={8 + 5 * Math.sqrt(us / longest)}
            />
            <text class="number" x={x(intensity)} y={y(point.operationsPerSecond) + 4} text-anchor="middle">
              {number}
            </text>
          </g>
        ))}
      </svg>
    </section>
  );
}
