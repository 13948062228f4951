import { flag, generation, number, oneOf, shortText, taskArgs } from '../args.ts';
import { audio } from '../audio/audio-input.ts';
import { decodeInputs } from '../audio/decode.ts';
import { hear, transcribe } from '../speech/transcribe.ts';
import type { Task } from '../task.ts';

/**
 * What is said: `pipe(audio, { language, task, return_timestamps })` resolves to `{ text, chunks?, language?, duration }`, of
 * audio of any length. What is known early comes as `{ delta }` and `{ chunk }`.
 */
export const automaticSpeechRecognition: Task = {
  name: 'automatic-speech-recognition',
  model: 'onnx-community/whisper-base',
  parse: taskArgs(audio, {
    ...generation,
    language: shortText,
    task: oneOf('transcribe', 'translate'),
    prompt: shortText,
    return_timestamps: flag,
    chunk_length_s: number(1, 30),
  }),
  prepare: decodeInputs,
  inTurns: transcribe,
  run: hear,
};
