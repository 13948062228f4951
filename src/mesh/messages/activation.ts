/**
 * What travels from stage to stage. One frame is one step: whatever changes a stage's state rides in it, so that no
 * change can overtake the rows that it is for.
 *
 *    0       1      2      3      4         8         12        16
 *   ┌───────┬──────┬──────┬──────┬─────────┬─────────┬─────────┬──────────────
 *   │version│ kind │ lane │ type │ chain   │ epoch   │ step    │ coordinator …
 *   └───────┴──────┴──────┴──────┴─────────┴─────────┴─────────┴──────────────
 *   ┌─────────────┬───────────────────────────────────────┐
 *   │ coordinator │ spent: n, then n × u32 µs             │
 *   │ 32 bytes    │ what each stage so far has computed   │
 *   └─────────────┴───────────────────────────────────────┘
 *   kind 1, rows:  pages (group u8, slot u16, index u32, page u32) · samplers · rows (token u32, position u32, slot u16, output u8)
 *                  · hidden (rows, dim) in `type`, to the end of the frame; nothing before the stage that embeds
 *   kind 2, ids:   n, then n × u32: the token after each output row
 *
 * `step` counts from 0 in every epoch of a chain. Lists begin with their length, u32. All little-endian.
 */
import type { SamplingOptions } from '../../protocol/generate.ts';
import { isPeerId, type PeerId } from '../../protocol/peer-id.ts';
import type { HiddenType, PageChange, SamplerChange, StageRow, StageStep } from '../../protocol/stage.ts';
import * as limits from '../limits.ts';
import { type Codec, f64, flag, list, record, Reader, u8, u16, u32, word, Writer, wrong } from './codec.ts';

export const ACTIVATION_VERSION = 1;

export interface FrameHeader {
  chain: number;
  epoch: number;
  step: number;
  /** Whose chain it is: two machines may count their chains alike. */
  coordinator: PeerId;
  /** What each stage so far has computed for, in microseconds. */
  spentUs: number[];
}

export interface RowsFrame extends FrameHeader, StageStep {
  kind: 'rows';
  type: HiddenType;
  /** A view of the frame. */
  hidden: Uint8Array<ArrayBuffer> | undefined;
}

export interface IdsFrame extends FrameHeader {
  kind: 'ids';
  ids: Uint32Array<ArrayBuffer>;
}

const kinds = word('rows', 'ids');
const lanes = word('interactive', 'bulk', 'guest');
const types = word('f16', 'f32');
const pages = list(
  record<PageChange>({ group: u8, slot: u16, index: u32, page: u32 }),
  limits.MAX_PAGE_CHANGES,
);
const rows = list(
  record<StageRow>({ token: u32, position: u32, slot: u16, isOutput: flag }),
  limits.MAX_STEP_ROWS,
);
const sampling = record<SamplingOptions>({
  temperature: f64,
  topK: u32,
  topP: f64,
  minP: f64,
  repetitionPenalty: f64,
  frequencyPenalty: f64,
  presencePenalty: f64,
  seed: u32,
});
const samplers = list(
  record<SamplerChange>({
    slot: u16,
    sampling,
    promptLength: u32,
    tokens: list(u32, limits.MAX_CONTEXT) as Codec<readonly number[]>,
  }),
  limits.MAX_SLOTS,
);
const spent = list(u32, limits.MAX_CHAIN_STAGES);
const ids = list(u32, limits.MAX_STEP_ROWS);

export function encodeActivation(frame: RowsFrame | IdsFrame): Uint8Array<ArrayBuffer> {
  const out = new Writer();
  u8.write(out, ACTIVATION_VERSION);
  kinds.write(out, frame.kind);
  lanes.write(out, frame.kind === 'rows' ? frame.lane : 'interactive');
  types.write(out, frame.kind === 'rows' ? frame.type : 'f16');
  u32.write(out, frame.chain);
  u32.write(out, frame.epoch);
  u32.write(out, frame.step);
  out.bytes(fromBase64Url(frame.coordinator));
  spent.write(out, frame.spentUs);
  if (frame.kind === 'ids') {
    ids.write(out, [...frame.ids]);
    return out.done();
  }
  pages.write(out, [...frame.pages]);
  samplers.write(out, frame.samplers.map(withoutIdleTokens));
  rows.write(out, [...frame.rows]);
  if (frame.hidden) out.bytes(frame.hidden);
  return out.done();
}

/** Fails with `bad-input` for whatever `encodeActivation` could not have made. */
export function parseActivation(frame: Uint8Array<ArrayBuffer>): RowsFrame | IdsFrame {
  if (frame.length > limits.MAX_ACTIVATION_BYTES) throw wrong(`it has ${frame.length} bytes`);
  const input = new Reader(frame);
  const version = u8.read(input);
  if (version !== ACTIVATION_VERSION)
    throw wrong(
      `it is of version ${version}, and this machine knows version ${ACTIVATION_VERSION}; update both`,
    );
  const kind = kinds.read(input);
  const lane = lanes.read(input);
  const type = types.read(input);
  const header = {
    chain: u32.read(input),
    epoch: u32.read(input),
    step: u32.read(input),
    coordinator: toPeerId(input.bytes(32)),
    spentUs: spent.read(input),
  };
  if (kind === 'ids') {
    const values = Uint32Array.from(ids.read(input));
    if (input.left > 0) throw wrong(`${input.left} bytes follow its end`);
    return { kind, ...header, ids: values };
  }
  return {
    kind,
    lane,
    type,
    ...header,
    pages: pages.read(input),
    samplers: samplers.read(input),
    rows: rows.read(input),
    hidden: input.left > 0 ? input.bytes(input.left) : undefined,
  };
}

/** Only penalties count a text's tokens; without them they stay where they are. */
function withoutIdleTokens(sampler: SamplerChange): SamplerChange {
  const { repetitionPenalty, frequencyPenalty, presencePenalty } = sampler.sampling;
  const areCounted = repetitionPenalty !== 1 || frequencyPenalty !== 0 || presencePenalty !== 0;
  return areCounted ? sampler : { ...sampler, tokens: [] };
}

function fromBase64Url(id: PeerId): Uint8Array<ArrayBuffer> {
  const base64 = id.replaceAll('-', '+').replaceAll('_', '/');
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

function toPeerId(bytes: Uint8Array): PeerId {
  const id = btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
  if (!isPeerId(id)) throw wrong('its coordinator is nobody');
  return id;
}
