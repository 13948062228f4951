import type { DownloadProgress, ModelInfo } from '../src/protocol/models.ts';
import { formatBytes, formatDuration } from '../src/ui/format.ts';
import type { Transfer } from './models-store.ts';

/** How far a model's file has come. Nothing for one that is all here, or not begun. */
export function TransferProgress(props: { model?: ModelInfo; transfer: Transfer | undefined }) {
  const { model, transfer } = props;
  const progress = transfer?.progress;
  const isUnderWay = transfer !== undefined || model?.state === 'downloading' || model?.state === 'paused';
  if (!isUnderWay) return null;

  const received = progress?.receivedBytes ?? model?.storedBytes ?? 0;
  const size = progress?.sizeBytes ?? model?.sizeBytes ?? 0;
  const label = `Progress of ${model?.name ?? transfer?.label}`;
  return (
    <div class="transfer">
      {size > 0 ? (
        <progress aria-label={label} value={received} max={size} />
      ) : (
        <progress aria-label={label} />
      )}
      <span class="small muted">
        {size > 0 ? `${formatBytes(received)} of ${formatBytes(size)}` : formatBytes(received)}
      </span>
      <span class="small muted">{transfer ? describePace(progress) : describeRest(model)}</span>
    </div>
  );
}

function describePace(progress: DownloadProgress | undefined): string {
  if (!progress) return 'Starting…';
  if (progress.phase === 'verifying') return 'Checking the file…';
  const { receivedBytes, sizeBytes, bytesPerSecond } = progress;
  if (bytesPerSecond <= 0) return 'Waiting for data…';
  const left = Math.max(0, sizeBytes - receivedBytes) / bytesPerSecond;
  return `${formatBytes(bytesPerSecond)}/s · ${formatDuration(left)} left`;
}

function describeRest(model: ModelInfo | undefined): string {
  return model?.state === 'downloading' ? 'Downloading in another window' : 'Paused';
}
