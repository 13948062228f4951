import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type Caps, GPU_PERCENT_RANGE } from '../src/protocol/settings.ts';
import { describeMemory, describeShare, explainMemory, explainShare, memoryStops } from '../src/ui/caps.ts';
import { formatBytes } from '../src/ui/format.ts';
import type { OptionsProps } from './options.tsx';
import { TextLimit } from './text-limit.tsx';

/** The two caps. What is set is stored at once and holds from the engine's next step on. */
export function Limits({ session, settings, models }: OptionsProps) {
  const machine = useSignal<{ memoryBytes: number; adapter: string } | undefined>(undefined);
  const status = session.status.value;
  const caps = settings.settings.value?.caps;

  // Asked again when the engine moves to another adapter
  useEffect(() => {
    let isShown = true;
    session.engine('machine', undefined).then(
      (answer) => {
        if (isShown) machine.value = answer;
      },
      () => {
        // The line at the top says that the engine is away; the slider keeps what it knew
      },
    );
    return () => void (isShown = false);
  }, [session, machine, status?.adapter]);

  if (!caps) return <p class="muted">Reading your settings…</p>;
  const change = (part: Partial<Caps>) => settings.change({ caps: { ...caps, ...part } });
  const machineBytes = machine.value?.memoryBytes || caps.memoryBytes;
  return (
    <>
      <p class="muted">
        For all sites together, on {machine.value?.adapter ?? 'this machine'}. Changes hold at once, also for
        answers under way.
      </p>
      <Slider
        name="Computing"
        value={caps.gpuPercent}
        {...GPU_PERCENT_RANGE}
        step={5}
        reading={describeShare(caps.gpuPercent)}
        meaning={explainShare(caps.gpuPercent)}
        onChange={(gpuPercent) => change({ gpuPercent })}
      />
      <Slider
        name="Memory"
        value={caps.memoryBytes}
        {...memoryStops(machineBytes)}
        reading={describeMemory(caps.memoryBytes, machineBytes)}
        meaning={explainMemory(caps.memoryBytes, models.models.value ?? [])}
        onChange={(memoryBytes) => change({ memoryBytes })}
      />
      <DiskLimit
        diskBytes={settings.settings.value?.diskBytes ?? 0}
        onChange={(diskBytes) => settings.change({ diskBytes })}
      />
      <TextLimit session={session} settings={settings} />
    </>
  );
}

const DISK_GB = [5, 10, 20, 50, 100, 200, 500, 1000];
const GB = 2 ** 30;

function DiskLimit({ diskBytes, onChange }: { diskBytes: number; onChange: (diskBytes: number) => void }) {
  return (
    <section class="card slider">
      <label for="limit-disk">Disk</label>
      <select
        id="limit-disk"
        aria-describedby="limit-disk-meaning"
        value={String(diskBytes)}
        onChange={({ currentTarget }) => onChange(Number(currentTarget.value))}
      >
        <option value="0">No limit</option>
        {DISK_GB.map((gb) => (
          <option key={gb} value={String(gb * GB)}>
            {formatBytes(gb * GB)}
          </option>
        ))}
      </select>
      <p id="limit-disk-meaning" class="muted">
        For models, and the <a href="#files">files that sites share</a>. When more room is needed, those go
        that were not used for the longest time; never one that is pinned, in use, or the default, and never a
        model for a site’s file.
      </p>
    </section>
  );
}

function Slider(props: {
  name: string;
  value: number;
  min: number;
  max: number;
  step: number;
  reading: string;
  meaning: string;
  onChange: (value: number) => void;
}) {
  const { name, reading, meaning, onChange, ...range } = props;
  const id = `limit-${name}`;
  return (
    <section class="card slider">
      <label for={id}>{name}</label>
      <output for={id}>{reading}</output>
      <input
        id={id}
        type="range"
        {...range}
        aria-valuetext={reading}
        aria-describedby={`${id}-meaning`}
        onInput={({ currentTarget }) => onChange(currentTarget.valueAsNumber)}
      />
      <p id={`${id}-meaning`} class="muted">
        {meaning}
      </p>
    </section>
  );
}
