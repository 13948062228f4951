import type { StageOrder } from '../../protocol/stage.ts';
import type { RowsFrame } from '../messages/activation.ts';

/** What is wrong with a step for this stage, in words; nothing if it may run. */
export function findFault(frame: RowsFrame, { span, sizes, hidden, dim }: StageOrder): string | undefined {
  const { rows, pages, samplers } = frame;
  const maxPages = Math.ceil(sizes.contextLength / sizes.pageSize);
  if (rows.length === 0 || rows.length > sizes.maxRows)
    return `a step has ${rows.length} rows, and may have ${sizes.maxRows}`;
  if (rows.some(({ slot, position }) => slot >= sizes.slots || position >= sizes.contextLength))
    return 'a row lies outside the stage';
  if (
    pages.some(
      (at) => at.slot >= sizes.slots || at.index >= maxPages || at.page >= (sizes.pageCounts[at.group] ?? 0),
    )
  )
    return 'a page lies outside the cache';
  if (samplers.some((at) => at.slot >= sizes.slots || at.tokens.length > sizes.contextLength))
    return 'a sampler lies outside the stage';
  if (frame.type !== hidden) return `hidden states come as ${frame.type}, and ${hidden} was agreed on`;
  const bytes = span.embeds ? 0 : rows.length * dim * (hidden === 'f16' ? 2 : 4);
  if ((frame.hidden?.length ?? 0) !== bytes)
    return `hidden states have ${frame.hidden?.length ?? 0} bytes, and ${bytes} belong to the rows`;
  if (frame.hidden && !areFinite(frame.hidden, hidden)) return 'a hidden state is not finite';
  return undefined;
}

/** All exponent bits set is infinity or NaN, in both types. */
export function areFinite(values: Uint8Array<ArrayBuffer>, type: StageOrder['hidden']): boolean {
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  if (type === 'f16') {
    for (let at = 0; at < values.length; at += 2)
      if ((view.getUint16(at, true) & 0x7c00) === 0x7c00) return false;
    return true;
  }
  for (let at = 0; at < values.length; at += 4)
    if ((view.getUint32(at, true) & 0x7f80_0000) === 0x7f80_0000) return false;
  return true;
}
