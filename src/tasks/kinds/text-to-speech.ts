import { taskArgs, text } from '../args.ts';
import { callPipeline } from '../call-pipeline.ts';
import type { Task } from '../task.ts';

/** Speech as `{ audio, sampling_rate }`: samples of one channel from −1 to 1. By models of the VITS kind (MMS, say). */
export const textToSpeech: Task = {
  name: 'text-to-speech',
  model: 'Xenova/mms-tts-eng',
  parse: taskArgs(text, {}),
  filesOf: 'text-to-audio',
  async run(pipeline, args) {
    const made = await callPipeline(pipeline, args);
    const plain = ({ audio, sampling_rate }: { audio: Float32Array; sampling_rate: number }) => ({
      audio,
      sampling_rate,
    });
    return Array.isArray(made) ? made.map(plain) : plain(made as Parameters<typeof plain>[0]);
  },
};
