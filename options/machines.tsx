import { useSignal } from '@preact/signals';
import type { SiteConsent } from '../src/protocol/background-calls.ts';
import { GPU_PERCENT_RANGE, MAX_MACHINE_NAME_CHARS, type MeshSettings } from '../src/protocol/settings.ts';
import { memoryStops } from '../src/ui/caps.ts';
import { sentenceOf } from '../src/ui/caller.ts';
import { formatBytes, formatPercent } from '../src/ui/format.ts';
import { MachineList } from '../src/ui/machine-list.tsx';
import { Notice } from '../src/ui/notice.tsx';
import { OriginName } from '../src/ui/origin-name.tsx';
import { Accounts } from './accounts.tsx';
import type { OptionsProps } from './options.tsx';
import { Signalling } from './signalling.tsx';

/** How this machine takes part in a room, and who else is there. */
export function Machines({ settings, mesh, sites }: OptionsProps) {
  const error = useSignal<string | undefined>(undefined);
  const whole = settings.settings.value;
  const status = mesh.status.value;
  if (!whole) return <p class="muted">Reading your settings…</p>;
  const { share, ...rest } = whole.mesh;
  const change = (part: Partial<MeshSettings>) => settings.change({ mesh: { ...whole.mesh, ...part } });
  const changeShare = (part: Partial<MeshSettings['share']>) => change({ share: { ...share, ...part } });
  const act = (work: Promise<unknown>) =>
    void work.then(
      () => (error.value = undefined),
      (cause) => (error.value = sentenceOf(cause)),
    );
  const { min, max, step } = memoryStops(whole.caps.memoryBytes);

  return (
    <>
      <p class="muted">
        Machines in one room compute for each other. A machine that computes a part of a model could read the
        words that go through it, and this one could read those of others.
      </p>
      {error.value && <Notice kind="error">{error.value}</Notice>}
      <section aria-label="This machine" class="card form">
        <h2>This machine</h2>
        <label class="field">
          Name
          <input
            type="text"
            maxLength={MAX_MACHINE_NAME_CHARS}
            value={rest.name}
            onChange={({ currentTarget }) => {
              const name = currentTarget.value.trim();
              if (name) change({ name });
              else currentTarget.value = rest.name;
            }}
          />
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={share.isOn}
            onChange={({ currentTarget }) => changeShare({ isOn: currentTarget.checked })}
          />
          <span>Compute for other machines of the room</span>
        </label>
        <label class="field">
          When
          <select
            disabled={!share.isOn}
            value={share.when}
            onChange={({ currentTarget }) =>
              changeShare({ when: currentTarget.value as MeshSettings['share']['when'] })
            }
          >
            <option value="always">Always</option>
            <option value="idle">While nobody uses this machine</option>
            <option value="power">While it is on power</option>
          </select>
        </label>
        <label class="field">
          <span>
            Computing <output>{formatPercent(share.gpuPercent)} of this GPU</output>
          </span>
          <input
            type="range"
            {...GPU_PERCENT_RANGE}
            step={5}
            disabled={!share.isOn}
            value={share.gpuPercent}
            onInput={({ currentTarget }) => changeShare({ gpuPercent: currentTarget.valueAsNumber })}
          />
        </label>
        <label class="field">
          <span>
            Memory <output>{formatBytes(share.memoryBytes)}</output>
          </span>
          <input
            type="range"
            min={min}
            max={max}
            step={step}
            disabled={!share.isOn}
            value={share.memoryBytes}
            onInput={({ currentTarget }) => changeShare({ memoryBytes: currentTarget.valueAsNumber })}
          />
        </label>
        <label class="field">
          Who may join
          <select
            value={rest.admits}
            onChange={({ currentTarget }) =>
              change({ admits: currentTarget.value as MeshSettings['admits'] })
            }
          >
            <option value="code">Whoever has the room’s code</option>
            <option value="known">Only machines that have been here</option>
          </select>
        </label>
      </section>
      <Signalling settings={whole.mesh} status={status} onChange={change} />
      <SitesHere sites={sites.sites.value ?? []} settings={rest} onChange={change} />
      <section aria-label="In the room">
        <h2>In the room</h2>
        {!status?.room && <p class="muted">This machine is in no room. The popup creates or joins one.</p>}
        {status?.room && status.machines.length === 0 && <p class="muted">Nobody else is here yet.</p>}
        <MachineList
          machines={status?.machines ?? []}
          actions={({ peer, name }) => (
            <button
              type="button"
              aria-label={`Ban ${name}`}
              onClick={() => act(mesh.call('meshBan', { peer }))}
            >
              Ban
            </button>
          )}
        />
        <h3>Given and taken</h3>
        <Accounts accounts={status?.accounts ?? []} />
        {status && status.bans.length > 0 && (
          <>
            <h3>Banned</h3>
            <ul class="cards">
              {status.bans.map(({ peer, why }) => (
                <li key={peer} class="card machine">
                  <code class="cut">{peer}</code>
                  <button
                    type="button"
                    aria-label={`Pardon ${peer.slice(0, 8)}`}
                    onClick={() => act(mesh.call('meshPardon', { peer }))}
                  >
                    Pardon
                  </button>
                  <p class="muted small">Because {why}.</p>
                </li>
              ))}
            </ul>
          </>
        )}
      </section>
    </>
  );
}

/** Which of the sites that may use Hearth keep their words on this machine, room or not. */
function SitesHere(props: {
  sites: readonly SiteConsent[];
  settings: Pick<MeshSettings, 'staysHere'>;
  onChange: (change: Partial<MeshSettings>) => void;
}) {
  const { settings, onChange } = props;
  const allowed = props.sites.filter(({ decision }) => decision === 'allow').map(({ origin }) => origin);
  return (
    <section aria-label="Sites that never leave this machine" class="card form">
      <h2>Sites that never leave this machine</h2>
      <p class="muted small">
        What these sites say is computed here alone. Private windows never leave this machine anyway.
      </p>
      {allowed.length === 0 && <p class="muted small">No site may use Hearth yet.</p>}
      {allowed.map((origin) => (
        <label key={origin} class="check">
          <input
            type="checkbox"
            checked={settings.staysHere.includes(origin)}
            onChange={({ currentTarget: { checked } }) => {
              const others = settings.staysHere.filter((other) => other !== origin);
              onChange({ staysHere: checked ? [...others, origin] : others });
            }}
          />
          <OriginName origin={origin} />
        </label>
      ))}
    </section>
  );
}
