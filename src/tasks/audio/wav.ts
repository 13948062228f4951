import { HearthError } from '../../protocol/errors.ts';
import * as limits from '../../protocol/limits.ts';

/** What a WAV file says of itself, and where its frames are: one sample of each channel makes a frame. */
export interface Wav {
  rate: number;
  channels: number;
  /** Makes a number from −1 to 1 of the sample at an offset. */
  sample(view: DataView, at: number): number;
  sampleBytes: number;
  /** Of the first frame in the file. */
  begin: number;
  frames: number;
}

/** Samples by their format and width in bits, little-endian. Eight bits have no sign. */
const SAMPLES: Record<string, Wav['sample']> = {
  'integer 8': (view, at) => view.getUint8(at) / 128 - 1,
  'integer 16': (view, at) => view.getInt16(at, true) / 2 ** 15,
  'integer 24': (view, at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 2 ** 16) / 2 ** 23,
  'integer 32': (view, at) => view.getInt32(at, true) / 2 ** 31,
  'float 32': (view, at) => view.getFloat32(at, true),
  'float 64': (view, at) => view.getFloat64(at, true),
};

const FORMATS: Record<number, string> = { 1: 'integer', 3: 'float' };
/** `WAVE_FORMAT_EXTENSIBLE`: the format is the first half word of a GUID further on. */
const EXTENSIBLE = 0xfffe;
/** Chunks that may lie before the samples. */
const MOST_CHUNKS = 64;

/**
 * Reads the head of a RIFF WAVE file (Multimedia Programming Interface and Data Specifications 1.0, with RF64's name for
 * large ones). Undefined for a file of another kind; `bad-input` for a damaged one.
 */
export async function readWav(blob: Blob): Promise<Wav | undefined> {
  const head = await viewOf(blob, 0, 12);
  const isWav = head.byteLength === 12 && /RIFF|RF64/.test(name(head, 0)) && name(head, 8) === 'WAVE';
  if (!isWav) return undefined;
  let format: Omit<Wav, 'begin' | 'frames'> | undefined;
  for (let at = 12, i = 0; at + 8 <= blob.size && i < MOST_CHUNKS; i++) {
    const chunk = await viewOf(blob, at, at + 8);
    const [kind, size, begin] = [name(chunk, 0), chunk.getUint32(4, true), at + 8];
    if (kind === 'fmt ') format = readFormat(await viewOf(blob, begin, begin + Math.min(size, 40)));
    if (kind === 'data' && format) {
      // A recorder that was cut off, or is larger than the field, says 0 or all ones
      const rest = blob.size - begin;
      const bytes = size === 0 || size > rest ? rest : size;
      return { ...format, begin, frames: Math.floor(bytes / (format.sampleBytes * format.channels)) };
    }
    // Chunks begin at even offsets
    at = begin + size + (size % 2);
  }
  throw damaged('it has no samples');
}

/** Samples of frames [from, to), all channels as one. */
export async function readFrames(blob: Blob, wav: Wav, from: number, to: number): Promise<Float32Array> {
  const { channels, sampleBytes, begin } = wav;
  const width = channels * sampleBytes;
  const view = await viewOf(blob, begin + from * width, begin + to * width);
  const mixed = new Float32Array(to - from);
  for (let frame = 0; frame < Math.min(mixed.length, view.byteLength / width); frame++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++)
      sum += wav.sample(view, frame * width + channel * sampleBytes);
    const value = sum / channels;
    mixed[frame] = Number.isFinite(value) ? value : 0;
  }
  return mixed;
}

function readFormat(view: DataView): Omit<Wav, 'begin' | 'frames'> {
  if (view.byteLength < 16) throw damaged('its format is cut off');
  const [tag, channels, rate] = [view.getUint16(0, true), view.getUint16(2, true), view.getUint32(4, true)];
  const [frameBytes, bits] = [view.getUint16(12, true), view.getUint16(14, true)];
  const kind = FORMATS[tag === EXTENSIBLE && view.byteLength >= 26 ? view.getUint16(24, true) : tag];
  const sample = SAMPLES[`${kind} ${bits}`];
  if (!sample)
    throw new HearthError(
      'bad-input',
      `This WAV file has samples of format ${tag} and ${bits} bits. Save it as PCM of 8 to 32 bits, or as floats.`,
    );
  const areSizes = channels >= 1 && channels <= limits.MAX_AUDIO_CHANNELS;
  if (!areSizes || frameBytes !== (channels * bits) / 8)
    throw damaged(`it says ${channels} channels and ${frameBytes} bytes for each frame of ${bits} bits`);
  if (rate < limits.MIN_AUDIO_RATE || rate > limits.MAX_AUDIO_RATE)
    throw damaged(`it says ${rate} samples for each second`);
  return { rate, channels, sample, sampleBytes: bits / 8 };
}

async function viewOf(blob: Blob, from: number, to: number): Promise<DataView> {
  return new DataView(await blob.slice(from, to).arrayBuffer());
}

function name(view: DataView, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));
}

function damaged(why: string): HearthError {
  return new HearthError('bad-input', `This WAV file is damaged: ${why}. Save it once more.`);
}
