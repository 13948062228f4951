import { HearthError } from '../../protocol/errors.ts';
import * as limits from '../../protocol/limits.ts';
import { bad, isPlain, type Parse } from '../args.ts';

/** Audio as a page may send it: a file, or samples of one channel from −1 to 1. */
export type AudioInput = AudioFile | AudioSamples;

export interface AudioFile {
  kind: 'file';
  blob: Blob;
}

export interface AudioSamples {
  kind: 'samples';
  samples: Float32Array;
  /** Samples for each second. */
  rate: number;
}

/** What models of speech take. */
export const SPEECH_RATE = 16_000;

const WANTED =
  'audio: a Blob, an ArrayBuffer with a file, a Float32Array at 16 kHz, an AudioBuffer, or `{ audio, sampling_rate }`';

/** A file as Blob or its bytes; samples at 16 kHz; `{ audio, sampling_rate }`, or an AudioBuffer's `{ channels, sampleRate }`. */
export const audio: Parse<AudioInput> = (value, name) => {
  if (value instanceof Blob) return { kind: 'file', blob: small(value, name) };
  if (value instanceof ArrayBuffer || value instanceof Uint8Array)
    return { kind: 'file', blob: small(new Blob([value as BlobPart]), name) };
  if (value instanceof Float32Array) return samples([value], SPEECH_RATE, name);
  if (!isPlain(value)) throw bad(name, WANTED);
  const channels = value.channels ?? [value.audio];
  return samples(channels, value.sampling_rate ?? value.sampleRate, name);
};

function samples(channels: unknown, rate: unknown, name: string): AudioSamples {
  if (!areChannels(channels)) throw bad(name, WANTED);
  if (typeof rate !== 'number' || !(rate >= limits.MIN_AUDIO_RATE && rate <= limits.MAX_AUDIO_RATE))
    throw bad(
      `the sampling rate of ${name}`,
      `a number from ${limits.MIN_AUDIO_RATE} to ${limits.MAX_AUDIO_RATE}`,
    );
  mustBeShort(channels[0].length / rate, name);
  const mixed = channels.length === 1 ? channels[0].slice() : mix(channels);
  if (!mixed.every(Number.isFinite)) throw bad(`every sample of ${name}`, 'a finite number');
  return { kind: 'samples', samples: mixed, rate };
}

function areChannels(value: unknown): value is [Float32Array, ...Float32Array[]] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= limits.MAX_AUDIO_CHANNELS &&
    value.every((one) => one instanceof Float32Array && one.length === value[0].length)
  );
}

/** The mean of channels of one length. */
export function mix(channels: readonly Float32Array[]): Float32Array {
  const mixed = new Float32Array(channels[0]!.length);
  for (const channel of channels)
    for (let i = 0; i < mixed.length; i++) mixed[i]! += channel[i]! / channels.length;
  return mixed;
}

export function mustBeShort(seconds: number, name: string): void {
  if (seconds <= limits.MAX_AUDIO_SECONDS) return;
  throw new HearthError(
    'too-long',
    `The audio (${name}) is ${Math.round(seconds)} seconds long; more than ${limits.MAX_AUDIO_SECONDS} are not taken. Cut it into parts.`,
  );
}

function small(blob: Blob, name: string): Blob {
  if (blob.size <= limits.MAX_AUDIO_BYTES) return blob;
  throw new HearthError(
    'too-long',
    `The audio (${name}) has ${blob.size} bytes; more than ${limits.MAX_AUDIO_BYTES} are not taken. Cut it into parts.`,
  );
}
