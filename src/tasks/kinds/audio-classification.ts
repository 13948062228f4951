import { integer, taskArgs } from '../args.ts';
import { audio } from '../audio/audio-input.ts';
import { decodeInputs } from '../audio/decode.ts';
import { onAudio } from '../audio/on-audio.ts';
import type { Task } from '../task.ts';

/** What is heard: who or what makes the sound, by the model's labels. */
export const audioClassification: Task = {
  name: 'audio-classification',
  model: 'Xenova/ast-finetuned-audioset-10-10-0.4593',
  parse: taskArgs(audio, { top_k: integer(1, 1_000_000) }),
  prepare: decodeInputs,
  run: onAudio,
};
