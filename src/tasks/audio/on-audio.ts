import { HearthError } from '../../protocol/errors.ts';
import { MAX_WHOLE_AUDIO_SECONDS } from '../../protocol/limits.ts';
import { callPipeline } from '../call-pipeline.ts';
import type { Task } from '../task.ts';
import type { AudioInput } from './audio-input.ts';
import { openAudio } from './audio-source.ts';

interface Hearing {
  processor: { feature_extractor: { config: { sampling_rate: number } } };
}

/** Calls a pipeline with samples at the rate that its model was trained at. Such models hear all at once. */
export const onAudio: NonNullable<Task['run']> = async (pipeline, args) => {
  const { sampling_rate } = (pipeline as unknown as Hearing).processor.feature_extractor.config;
  const inputs: Float32Array[] = [];
  for (const [i, input] of (args.inputs as AudioInput[]).entries()) {
    const source = await openAudio(input, sampling_rate, `input ${i}`);
    if (source.length > MAX_WHOLE_AUDIO_SECONDS * sampling_rate)
      throw new HearthError(
        'too-long',
        `The audio (input ${i}) is longer than ${MAX_WHOLE_AUDIO_SECONDS} seconds, and this task hears all at once. Cut it into parts.`,
      );
    inputs.push(await source.read(0, source.length));
  }
  return callPipeline(pipeline, { ...args, inputs });
};
