import type { MeshAccount, MeshDone } from '../src/protocol/mesh-calls.ts';
import { formatBytes, formatDuration } from '../src/ui/format.ts';

/** What this machine has given to each other machine and taken from it, as both have signed it. */
export function Accounts({ accounts }: { accounts: readonly MeshAccount[] }) {
  if (accounts.length === 0)
    return <p class="muted small">Nothing has been given or taken yet. Both machines sign what is.</p>;
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Machine</th>
          <th scope="col">Given</th>
          <th scope="col">Taken</th>
        </tr>
      </thead>
      <tbody>
        {accounts.map(({ peer, name, given, taken }) => (
          <tr key={peer}>
            <th scope="row" class="cut" title={peer}>
              {name || peer.slice(0, 8)}
            </th>
            <td>{describeDone(given)}</td>
            <td>{describeDone(taken)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function describeDone({ rowLayers, gpuMs, bytes }: MeshDone): string {
  if (rowLayers === 0) return 'nothing';
  return `${formatDuration(gpuMs / 1000)} of GPU · ${rowLayers.toLocaleString('en')} rows of layers · ${formatBytes(bytes)}`;
}
