import { useSignal } from '@preact/signals';
import type { MeshStatus } from '../src/protocol/mesh-screen-calls.ts';
import type { MeshSettings } from '../src/protocol/settings.ts';

const STATES: Record<MeshStatus['server']['state'], string> = {
  off: 'Not in use now.',
  connecting: 'Connecting…',
  open: 'Connected.',
  lost: 'Not reached.',
};

/** Who brings machines together, and whether anything outside the local network is asked. */
export function Signalling(props: {
  settings: MeshSettings;
  status: MeshStatus | undefined;
  onChange: (change: Partial<MeshSettings>) => void;
}) {
  const { settings, status, onChange } = props;
  const { signalling, isLanOnly } = settings;
  const address = useSignal(signalling.kind === 'server' ? signalling.address : '');
  const server = status?.server;
  return (
    <section aria-label="How machines meet" class="card form">
      <h2>How machines meet</h2>
      <label class="check">
        <input
          type="checkbox"
          checked={isLanOnly}
          onChange={({ currentTarget: { checked } }) =>
            onChange(
              checked && signalling.kind === 'cloud'
                ? { isLanOnly: true, signalling: { kind: 'none' } }
                : { isLanOnly: checked },
            )
          }
        />
        <span>Only on the local network: nothing outside it is contacted</span>
      </label>
      <label class="field">
        Server
        <select
          value={signalling.kind}
          onChange={({ currentTarget }) => {
            const kind = currentTarget.value as MeshSettings['signalling']['kind'];
            onChange({ signalling: kind === 'server' ? { kind, address: address.value } : { kind } });
          }}
        >
          <option value="none">None: invite by text or QR code</option>
          <option value="server">One on this network</option>
          <option value="cloud" disabled={isLanOnly}>
            PeerJS’s public server
          </option>
        </select>
      </label>
      {signalling.kind === 'server' && (
        <label class="field">
          Its address
          <input
            type="text"
            placeholder="192.168.1.5:9000"
            spellcheck={false}
            value={address.value}
            onInput={({ currentTarget }) => (address.value = currentTarget.value)}
            onChange={() => onChange({ signalling: { kind: 'server', address: address.value.trim() } })}
          />
        </label>
      )}
      {signalling.kind !== 'none' && server && (
        <p class="muted small" role="status">
          {server.problem ?? STATES[server.state]} The server sees which machines meet, never the room’s code
          or what they say.
        </p>
      )}
    </section>
  );
}
