import type { StageOrder, StageOutput } from '../../protocol/stage.ts';
import { MAX_STEPS_IN_FLIGHT } from '../limits.ts';
import type { RowsFrame } from '../messages/activation.ts';

/** Prompts' steps are large and are not asked about. */
const MAX_ROWS = 32;

export interface RowSeen {
  /** The row's hidden state as it came; empty where the stage embeds. */
  input: Uint8Array<ArrayBuffer>;
  /** Its hidden state as it went, or the id sampled after it, u32; empty if none was. */
  output: Uint8Array<ArrayBuffer>;
}

/** What went in and out of a stage's last steps, for a coordinator that checks a row of them. */
export class RecentSteps {
  readonly #rowBytes: number;
  readonly #steps = new Map<number, { frame: RowsFrame; output: StageOutput }>();

  constructor({ dim, hidden }: StageOrder) {
    this.#rowBytes = dim * (hidden === 'f16' ? 2 : 4);
  }

  add(frame: RowsFrame, output: StageOutput): void {
    if (frame.rows.length > MAX_ROWS) return;
    this.#steps.set(frame.step, { frame, output });
    this.#steps.delete(frame.step - MAX_STEPS_IN_FLIGHT);
  }

  get(step: number, row: number): RowSeen | undefined {
    const seen = this.#steps.get(step);
    if (!seen || row >= seen.frame.rows.length) return undefined;
    const { frame, output } = seen;
    const cut = (hidden: Uint8Array<ArrayBuffer>) =>
      hidden.slice(row * this.#rowBytes, (row + 1) * this.#rowBytes);
    return {
      input: frame.hidden ? cut(frame.hidden) : new Uint8Array(),
      output: output.kind === 'hidden' ? cut(output.hidden) : idOf(frame, output.ids, row),
    };
  }
}

function idOf({ rows }: RowsFrame, ids: Uint32Array, row: number): Uint8Array<ArrayBuffer> {
  if (!rows[row]!.isOutput) return new Uint8Array();
  const at = rows.slice(0, row).filter(({ isOutput }) => isOutput).length;
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, ids[at]!, true);
  return bytes;
}
