import { flag, number, taskArgs } from '../args.ts';
import { audio } from '../audio/audio-input.ts';
import { decodeInputs } from '../audio/decode.ts';
import type { Task } from '../task.ts';
import { detectSpeech } from '../vad/detect-speech.ts';
import { loadSilero } from '../vad/load-silero.ts';
import { sileroState } from '../vad/silero-state.ts';

/**
 * Where somebody speaks: `pipe(audio)` resolves to `{ speech: [{ start, end }], probabilities }`. Of a stream, `pipe(piece, {
 * streaming: true, state })` gives a `state` that goes along with the next piece. Transformers.js has no pipeline for it.
 */
export const voiceActivityDetection: Task = {
  name: 'voice-activity-detection',
  // On ONNX Runtime's WebGPU its probabilities were wrong: 0.04 in place of 0.21 (`npm run bench:tasks`)
  onlyWasm: true,
  model: 'onnx-community/silero-vad',
  filesOf: null,
  parse: taskArgs(audio, {
    threshold: number(0, 1),
    neg_threshold: number(0, 1),
    min_speech_duration_ms: number(0, 3_600_000),
    min_silence_duration_ms: number(0, 3_600_000),
    speech_pad_ms: number(0, 60_000),
    streaming: flag,
    state: sileroState,
  }),
  prepare: decodeInputs,
  load: loadSilero,
  inTurns: detectSpeech,
  run: (pipeline, { inputs, options }) => pipeline(inputs[0], options.state),
};
