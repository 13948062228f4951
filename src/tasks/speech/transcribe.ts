import type { TaskArgs } from '../../protocol/tasks.ts';
import { type AudioInput, SPEECH_RATE } from '../audio/audio-input.ts';
import { openAudio } from '../audio/audio-source.ts';
import type { LoadedPipeline, Task, Turns } from '../task.ts';
import { windowEnd } from './pauses.ts';
import { hearWindow, isWhisper, type WhisperPipeline } from './whisper.ts';

export interface SpeechOptions {
  language?: string;
  task?: 'transcribe' | 'translate';
  /** What was said before, or words to expect. */
  prompt?: string;
  return_timestamps?: boolean;
  chunk_length_s?: number;
  max_new_tokens?: number;
  do_sample?: boolean;
  temperature?: number;
}

/** Text between two times in seconds. What the model thought of it comes from those of Whisper's kind. */
export interface SpeechChunk {
  timestamp: [number, number];
  text: string;
  /** Where the window began in which it was heard. */
  seek?: number;
  tokens?: number[];
  avg_logprob?: number;
  no_speech_prob?: number;
}

export interface WindowHeard {
  text: string;
  language?: string | undefined;
  chunks: SpeechChunk[];
}

export interface Transcript {
  text: string;
  /** Where times were asked for. */
  chunks?: SpeechChunk[];
  /** Its code, as found in the first window. */
  language?: string;
  /** Seconds. */
  duration: number;
}

/** What is known early: more text, or a stretch of it whose times are certain. */
export type TranscriptPart = { delta: string } | { chunk: SpeechChunk };

/** What Whisper's kind hears at once. */
const WINDOW_SECONDS = 30;

/** All of each audio, window after window, each a turn of its own. Windows end where there is a pause. */
export async function transcribe(args: TaskArgs, turns: Turns): Promise<unknown> {
  const all: Transcript[] = [];
  for (const [i, input] of args.inputs.entries())
    all.push(await transcribeOne(args, input as AudioInput, i, turns));
  return args.isList ? all : all[0];
}

async function transcribeOne(
  args: TaskArgs,
  input: AudioInput,
  index: number,
  { ask, send }: Turns,
): Promise<Transcript> {
  const { chunk_length_s: seconds = WINDOW_SECONDS, ...options } = args.options as SpeechOptions;
  const source = await openAudio(input, SPEECH_RATE, `input ${index}`);
  const [texts, chunks] = [[] as string[], [] as SpeechChunk[]];
  let language: string | undefined;
  for (let from = 0; from < source.length; ) {
    const to = await windowEnd(source, from, Math.floor(seconds * SPEECH_RATE));
    let sent = '';
    const part = {
      ...args,
      inputs: [await source.read(from, to)],
      isList: false,
      options: { ...options, language: options.language ?? language },
    };
    const heard = (await ask(part, (piece) => {
      const { delta } = piece as { delta: string };
      sent += delta;
      send({ delta } satisfies TranscriptPart);
    })) as WindowHeard;
    // A window that was measured on processor and device has sent nothing yet
    if (heard.text.length > sent.length)
      send({ delta: heard.text.slice(sent.length) } satisfies TranscriptPart);
    for (const chunk of options.return_timestamps ? heard.chunks : []) {
      const [start, end] = chunk.timestamp.map((time) => time + from / SPEECH_RATE) as [number, number];
      chunks.push({ ...chunk, timestamp: [start, end], seek: from / SPEECH_RATE });
      send({ chunk: chunks.at(-1)! } satisfies TranscriptPart);
    }
    texts.push(heard.text);
    language ??= heard.language;
    from = to;
  }
  return {
    text: texts.join('').trim(),
    ...(options.return_timestamps && { chunks }),
    ...(language !== undefined && { language }),
    duration: source.length / source.rate,
  };
}

/** One window, by whichever kind of model. */
export const hear: NonNullable<Task['run']> = async (pipeline, { inputs, options }, { library, send }) => {
  const samples = inputs[0] as Float32Array;
  if (isWhisper(pipeline))
    return hearWindow(
      library,
      pipeline as unknown as WhisperPipeline,
      samples,
      options as SpeechOptions,
      send,
    );
  return otherWindow(pipeline, samples, options as SpeechOptions);
};

/** Models that give text and no times: a window is one stretch. */
async function otherWindow(
  pipeline: LoadedPipeline,
  samples: Float32Array,
  { language: _, task: __, prompt: ___, return_timestamps: ____, ...options }: SpeechOptions,
): Promise<WindowHeard> {
  const { text } = (await pipeline(samples, options)) as { text: string };
  const spaced = text ? ` ${text.trim()}` : '';
  return {
    text: spaced,
    chunks: spaced ? [{ timestamp: [0, samples.length / SPEECH_RATE], text: spaced }] : [],
  };
}
