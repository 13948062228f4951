import { HearthError } from '../../protocol/errors.ts';
import { MAX_DECODED_AUDIO_BYTES } from '../../protocol/limits.ts';
import type { TaskArgs } from '../../protocol/tasks.ts';
import { type AudioInput, mix, mustBeShort, SPEECH_RATE } from './audio-input.ts';
import { readWav } from './wav.ts';

/** A player that has not found out by then how long a file is never will. */
const DURATION_MS = 30_000;

/** Files other than WAV, as samples. Where documents are, a browser's decoders are too; workers have none. */
export async function decodeInputs(args: TaskArgs): Promise<TaskArgs> {
  const inputs: AudioInput[] = [];
  for (const [i, input] of (args.inputs as AudioInput[]).entries())
    inputs.push(await decoded(input, `input ${i}`));
  return { ...args, inputs };
}

async function decoded(input: AudioInput, name: string): Promise<AudioInput> {
  if (input.kind === 'samples' || (await readWav(input.blob))) return input;
  const { blob } = input;
  if (blob.size > MAX_DECODED_AUDIO_BYTES)
    throw new HearthError(
      'too-long',
      `The audio (${name}) has ${blob.size} bytes; of files other than WAV no more than ${MAX_DECODED_AUDIO_BYTES} are taken. Cut it into parts, or save it as WAV.`,
    );
  mustBeShort(await durationOf(blob, name), name);
  // Decoders give their samples at the rate of the context
  const context = new OfflineAudioContext(1, 1, SPEECH_RATE);
  try {
    const audio = await context.decodeAudioData(await blob.arrayBuffer());
    const channels = Array.from({ length: audio.numberOfChannels }, (_, i) => audio.getChannelData(i));
    return {
      kind: 'samples',
      samples: channels.length === 1 ? channels[0]! : mix(channels),
      rate: SPEECH_RATE,
    };
  } catch (cause) {
    throw undecodable(name, cause);
  }
}

/** Seconds, by what the file says of itself: a small file may hold hours of silence, and decoders make all of them at once. */
async function durationOf(blob: Blob, name: string): Promise<number> {
  const address = URL.createObjectURL(blob);
  const player = new Audio();
  const late = AbortSignal.timeout(DURATION_MS);
  try {
    return await new Promise<number>((found, failed) => {
      player.preload = 'metadata';
      player.onerror = () => failed(undecodable(name, player.error));
      late.onabort = () => failed(undecodable(name, late.reason));
      player.ondurationchange = () => {
        if (Number.isFinite(player.duration)) found(player.duration);
        // What a page has recorded says nothing of its length until its end has been looked for
        else player.currentTime = Number.MAX_SAFE_INTEGER;
      };
      player.src = address;
    });
  } finally {
    player.ondurationchange = player.onerror = late.onabort = null;
    player.removeAttribute('src');
    URL.revokeObjectURL(address);
  }
}

function undecodable(name: string, cause: unknown): HearthError {
  return new HearthError(
    'bad-input',
    `This browser cannot read the audio (${name}). Pass a WAV, MP3, Ogg, WebM, FLAC or M4A file that is whole.`,
    { cause },
  );
}
