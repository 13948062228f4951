import { HearthError } from '../../protocol/errors.ts';
import { type AudioInput, mustBeShort } from './audio-input.ts';
import { reach, resample } from './resample.ts';
import { readFrames, readWav } from './wav.ts';

/** Audio of one channel at a rate, read as it is needed: as long as it is, no more than a piece of it is in memory. */
export interface AudioSource {
  rate: number;
  /** Samples. */
  length: number;
  /** Samples [from, to). */
  read(from: number, to: number): Promise<Float32Array>;
}

/** A source at the wanted rate, of samples or of a WAV file. Other files have to be decoded before (`decode.ts`). */
export async function openAudio(input: AudioInput, wanted: number, name: string): Promise<AudioSource> {
  const source = await sourceOf(input);
  if (source.length === 0)
    throw new HearthError('bad-input', `The audio (${name}) is empty. Pass at least one sample.`);
  mustBeShort(source.length / source.rate, name);
  return source.rate === wanted ? source : resampled(source, wanted);
}

async function sourceOf(input: AudioInput): Promise<AudioSource> {
  if (input.kind === 'samples') {
    const { samples, rate } = input;
    return { rate, length: samples.length, read: async (from, to) => samples.subarray(from, to) };
  }
  const wav = await readWav(input.blob);
  if (!wav)
    throw new HearthError(
      'not-supported',
      'Here audio files are read as WAV only. Pass a WAV file, or samples as a Float32Array.',
    );
  const { rate, frames } = wav;
  return {
    rate,
    length: frames,
    read: (from, to) => readFrames(input.blob, wav, from, Math.min(to, frames)),
  };
}

function resampled(source: AudioSource, wanted: number): AudioSource {
  const { rate } = source;
  const margin = reach(rate, wanted);
  return {
    rate: wanted,
    length: Math.max(1, Math.round((source.length * wanted) / rate)),
    async read(from, to) {
      const first = Math.max(0, Math.floor((from * rate) / wanted) - margin);
      const last = Math.min(source.length, Math.ceil((to * rate) / wanted) + margin);
      return resample(await source.read(first, last), first, {
        rate,
        wanted,
        from,
        to: Math.min(to, this.length),
      });
    },
  };
}
