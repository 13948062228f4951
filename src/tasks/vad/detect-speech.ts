import type { TaskArgs } from '../../protocol/tasks.ts';
import { type AudioInput, SPEECH_RATE } from '../audio/audio-input.ts';
import { openAudio } from '../audio/audio-source.ts';
import type { Turns } from '../task.ts';
import type { Heard } from './load-silero.ts';
import { newState, type SileroState, WINDOW } from './silero-state.ts';
import { lastSpan, nextWindow, padded, type Span, type SpanRules } from './speech-spans.ts';

/** Windows of one turn: some 30 seconds. */
const TURN = 1_024;

export interface SpeechFound {
  /** Seconds since the beginning of the audio, or of the stream. */
  speech: Span[];
  /** That somebody speaks, of each 32 ms. */
  probabilities: Float32Array;
  /** Where the audio goes on with another call. */
  state?: SileroState;
}

/** All of the audio, a turn for each piece. In a stream, what is no whole window waits in the state for what follows. */
export async function detectSpeech(args: TaskArgs, { ask }: Turns): Promise<unknown> {
  const { state: known, streaming = known !== undefined } = args.options as {
    state?: SileroState;
    streaming?: boolean;
  };
  const found: SpeechFound[] = [];
  for (const [i, input] of args.inputs.entries()) {
    const hear = async (samples: Float32Array, state: Heard['state']) =>
      (await ask({ ...args, inputs: [samples], isList: false, options: { state } })) as Heard;
    found.push(
      await detect(input as AudioInput, i, known ?? newState(), streaming, rulesOf(args.options), hear),
    );
  }
  return args.isList ? found : found[0];
}

async function detect(
  input: AudioInput,
  index: number,
  before: SileroState,
  isStream: boolean,
  rules: SpanRules,
  hear: (samples: Float32Array, state: Heard['state']) => Promise<Heard>,
): Promise<SpeechFound> {
  const source = await openAudio(input, SPEECH_RATE, `input ${index}`);
  const skipped = before.rest.length;
  const length = skipped + source.length;
  const windows = isStream ? Math.floor(length / WINDOW) : Math.ceil(length / WINDOW);
  const probabilities = new Float32Array(windows);
  const spans: Span[] = [];
  let state = { ...before };
  const samples = async (from: number, to: number) => {
    const all = new Float32Array(to - from);
    all.set(before.rest.subarray(from, to));
    const begin = Math.max(from, skipped);
    if (begin < to) all.set(await source.read(begin - skipped, Math.min(to, length) - skipped), begin - from);
    return all;
  };
  for (let first = 0; first < windows; first += TURN) {
    const last = Math.min(windows, first + TURN);
    const heard = await hear(await samples(first * WINDOW, last * WINDOW), state);
    probabilities.set(heard.probabilities, first);
    state = { ...state, ...heard.state };
    for (const [i, probability] of heard.probabilities.entries()) {
      const next = nextWindow(state, probability, before.at + (first + i) * WINDOW, rules);
      state = { ...state, ...next.state };
      if (next.span) spans.push(next.span);
    }
  }
  const end = before.at + length;
  const last = isStream ? undefined : lastSpan(state, end, rules);
  const speech = padded(
    last ? [...spans, last] : spans,
    rules.pad,
    isStream ? Number.POSITIVE_INFINITY : end,
  );
  return {
    speech: speech.map(({ start, end }) => ({ start: start / SPEECH_RATE, end: end / SPEECH_RATE })),
    probabilities,
    ...(isStream && {
      state: { ...state, rest: await samples(windows * WINDOW, length), at: before.at + windows * WINDOW },
    }),
  };
}

/** By the names and with the defaults that Silero's own tools have. */
function rulesOf(options: Record<string, unknown>): SpanRules {
  const number = (name: string, otherwise: number) => (options[name] as number | undefined) ?? otherwise;
  const samples = (name: string, otherwiseMs: number) => (number(name, otherwiseMs) / 1_000) * SPEECH_RATE;
  const threshold = number('threshold', 0.5);
  return {
    threshold,
    until: number('neg_threshold', Math.max(threshold - 0.15, 0.01)),
    minSilence: samples('min_silence_duration_ms', 100),
    minSpeech: samples('min_speech_duration_ms', 250),
    pad: samples('speech_pad_ms', 30),
  };
}
