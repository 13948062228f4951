import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { GpuFacts, PerformanceFacts, Profile } from '../src/protocol/performance.ts';
import { formatBytes, formatPercent } from '../src/ui/format.ts';
import { Notice } from '../src/ui/notice.tsx';
import { KernelTable } from './kernel-table.tsx';
import { Measure } from './measure.tsx';
import { MemoryMap } from './memory-map.tsx';
import type { OptionsProps } from './options.tsx';
import { performanceReport } from './performance-report.ts';
import { RecentAnswers } from './recent-answers.tsx';
import { RooflinePlot } from './roofline-plot.tsx';
import { formatMicroseconds, formatPerSecond, stepShare } from './roofline.ts';

/** What this machine computes with, how quick that is, and what takes the time. */
export function Performance(props: OptionsProps) {
  const { performance, session } = props;
  useEffect(performance.watch, [performance]);
  const facts = performance.facts.value;
  const status = session.status.value;
  const profile = performance.profile.value;
  if (!facts || !status) return <p class="muted">Waiting for the engine…</p>;
  const { gpu, lanes, answers } = facts;
  return (
    <>
      <section aria-labelledby="kernels">
        <h2 id="kernels">One step, kernel by kernel</h2>
        {whyNot(gpu) ?? <Measure {...props} />}
        {gpu?.isSoftware && (
          <p class="muted">
            A software adapter computes here: the figures are those of a processor that plays a GPU.
          </p>
        )}
        {profile && <Measured profile={profile} />}
      </section>
      <section aria-labelledby="lanes">
        <h2 id="lanes">{gpu ? 'GPU time, last ten seconds' : 'Processor time, last ten seconds'}</h2>
        <Lanes lanes={lanes} gpuPercent={status.caps.gpuPercent} />
      </section>
      <section aria-labelledby="memory">
        <h2 id="memory">Memory</h2>
        <div class="card form">
          <MemoryMap status={status} />
        </div>
      </section>
      <section aria-labelledby="answers">
        <h2 id="answers">Recent answers</h2>
        <RecentAnswers answers={answers} />
      </section>
      {gpu && (
        <section aria-labelledby="adapter">
          <h2 id="adapter">Adapter</h2>
          <Adapter gpu={gpu} name={status.adapter} />
        </section>
      )}
      <section aria-labelledby="report">
        <h2 id="report">Report</h2>
        <Report {...props} />
      </section>
    </>
  );
}

/** Why no kernel can be timed here, if so. */
function whyNot(gpu: GpuFacts | undefined) {
  if (!gpu)
    return (
      <Notice kind="warning">
        WebAssembly on the processor computes here, which has no kernels to time. The figures of whole answers
        are below.
      </Notice>
    );
  if (gpu.hasTimestamps) return undefined;
  return (
    <Notice kind="warning">
      This adapter gives no timestamps (the WebGPU feature “timestamp-query”), so the time of single kernels
      and their share of the ceiling cannot be known. The figures of whole answers are below.
    </Notice>
  );
}

function Measured({ profile }: { profile: Profile }) {
  const { model, step, rows, stepUs, kernels, ceilings } = profile;
  const { bytesPerSecond, copiedBytes, operationsPerSecond, integerOperationsPerSecond } = ceilings;
  const share = stepShare(kernels, stepUs, ceilings);
  const what = step.kind === 'answer' ? `A token behind ${step.depth} others` : `${rows} tokens of a prompt`;
  const perSecond = Math.round((rows * 1e6) / stepUs).toLocaleString('en');
  return (
    <>
      <p>
        {`${what}, by ${model}: ${formatMicroseconds(stepUs)} on the GPU, ${perSecond} tokens a second at most. Its bytes alone would take ${formatPercent(100 * share)} of that.`}
      </p>
      <p class="muted">
        {`Measured here: a copy of ${formatBytes(copiedBytes)} moves ${formatPerSecond(bytesPerSecond, 'B')}; arithmetic reaches ${formatPerSecond(operationsPerSecond, 'ops')} in f32`}
        {integerOperationsPerSecond && ` and ${formatPerSecond(integerOperationsPerSecond, 'ops')} in int8`}
        {'. More than 100 % means that a kernel reads from the GPU’s caches.'}
      </p>
      <RooflinePlot profile={profile} />
      <KernelTable profile={profile} />
      <p class="muted small">
        {`Variants: ${Object.entries(profile.variants)
          .map(([name, variant]) => `${name} ${variant}`)
          .join(', ')}.`}
      </p>
    </>
  );
}

const LANES = {
  interactive: 'Interactive: pages in front',
  bulk: 'Bulk: work that may take its time',
  guest: 'Guest: for other machines',
} as const;

function Lanes({ lanes, gpuPercent }: { lanes: PerformanceFacts['lanes']; gpuPercent: number }) {
  return (
    <dl class="card facts lanes">
      {Object.entries(LANES).map(([lane, name]) => {
        const share = lanes[lane as keyof typeof LANES];
        return [
          <dt key={lane}>{name}</dt>,
          <dd key={`${lane} share`}>
            <meter aria-label={name} value={share} max={gpuPercent / 100} />
            {formatPercent(100 * share)}
          </dd>,
        ];
      })}
      <dt>Allowed together</dt>
      <dd>{formatPercent(gpuPercent)}</dd>
    </dl>
  );
}

function Adapter({ gpu, name }: { gpu: GpuFacts; name: string }) {
  const { subgroup, hasF16, hasInt8, hasTimestamps, workgroupBytes, bindingBytes } = gpu;
  const facts: [string, string][] = [
    ['Name', name],
    ['Maker', [gpu.vendor, gpu.architecture].filter(Boolean).join(', ') || 'Not told'],
    ['Subgroups', describeSubgroups(subgroup)],
    ['Four int8 at once', hasInt8 ? 'Used where weights have few bits' : 'Not used'],
    ['f16 in shaders', hasF16 ? 'Used' : 'Not used'],
    ['Timestamps', hasTimestamps ? 'Yes' : 'Missing'],
    ['Memory of a workgroup', formatBytes(workgroupBytes)],
    ['Largest buffer that is bound', formatBytes(bindingBytes)],
  ];
  return (
    <dl class="card facts">
      {facts.flatMap(([term, fact]) => [<dt key={term}>{term}</dt>, <dd key={`${term} is`}>{fact}</dd>])}
    </dl>
  );
}

function describeSubgroups(subgroup: GpuFacts['subgroup']): string {
  if (!subgroup) return 'None: threads add up through workgroup memory';
  const { min, max } = subgroup;
  return min === max ? `${min} threads` : `${min} to ${max} threads; kernels are cut for ${min}`;
}

function Report({ performance, session }: OptionsProps) {
  const hasOrigins = useSignal(false);
  const said = useSignal('');
  const copy = async () => {
    const report = performanceReport({
      version: chrome.runtime.getManifest().version,
      browser: navigator.userAgent,
      status: session.status.value,
      facts: performance.facts.value,
      profile: performance.profile.value,
      hasOrigins: hasOrigins.value,
    });
    said.value = await navigator.clipboard.writeText(report).then(
      () => 'Copied.',
      () => 'The browser did not let Hearth write to the clipboard. Click into this page and try again.',
    );
  };
  return (
    <div class="card form">
      <p class="muted">
        The figures of this page as text and JSON, for whom you want to show them. It has no words of any
        page.
      </p>
      <label class="check">
        <input
          type="checkbox"
          checked={hasOrigins.value}
          onChange={({ currentTarget }) => (hasOrigins.value = currentTarget.checked)}
        />
        <span>Say which sites asked</span>
      </label>
      <div class="row">
        <button type="button" onClick={() => void copy()}>
          Copy the report
        </button>
        <span role="status">{said.value}</span>
      </div>
    </div>
  );
}
