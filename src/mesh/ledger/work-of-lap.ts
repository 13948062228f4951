import type { PeerId } from '../../protocol/peer-id.ts';
import type { StageSpan } from '../../protocol/stage.ts';
import type { Lap } from '../run/pipeline.ts';
import type { Account } from './ledger.ts';

/** A frame's header, its rows' places and what they change, at most. */
const OVERHEAD_BYTES = 1_024;
const BYTES_PER_ROW = 64;

/**
 * What each other machine of a chain did in one lap, as who asked can count it: rows and layers exactly, bytes from
 * above, and of the time that a machine says it took no more than the lap lasted.
 */
export function workOfLap(
  self: PeerId,
  stages: readonly { peer: PeerId; span: StageSpan }[],
  { rows, ms, stageMs }: Lap,
  hopBytes: number,
): { peer: PeerId; work: Account }[] {
  return stages.flatMap(({ peer, span }, i) =>
    peer === self
      ? []
      : {
          peer,
          work: {
            rowLayers: rows * (span.end - span.first),
            gpuMs: Math.min(ms, stageMs[i]!),
            bytes: hopBytes + rows * BYTES_PER_ROW + OVERHEAD_BYTES,
          },
        },
  );
}
