import { HearthError } from '../protocol/errors.ts';
import { audioClassification } from './kinds/audio-classification.ts';
import { automaticSpeechRecognition } from './kinds/automatic-speech-recognition.ts';
import { backgroundRemoval } from './kinds/background-removal.ts';
import { depthEstimation } from './kinds/depth-estimation.ts';
import { featureExtraction } from './kinds/feature-extraction.ts';
import { fillMask } from './kinds/fill-mask.ts';
import { imageClassification } from './kinds/image-classification.ts';
import { imageFeatureExtraction } from './kinds/image-feature-extraction.ts';
import { imageSegmentation } from './kinds/image-segmentation.ts';
import { imageToText } from './kinds/image-to-text.ts';
import { objectDetection } from './kinds/object-detection.ts';
import { onnx } from './kinds/onnx.ts';
import { questionAnswering } from './kinds/question-answering.ts';
import { rerank } from './kinds/rerank.ts';
import { summarization } from './kinds/summarization.ts';
import { text2textGeneration } from './kinds/text2text-generation.ts';
import { textClassification } from './kinds/text-classification.ts';
import { textToSpeech } from './kinds/text-to-speech.ts';
import { tokenClassification } from './kinds/token-classification.ts';
import { translation } from './kinds/translation.ts';
import { voiceActivityDetection } from './kinds/voice-activity-detection.ts';
import { zeroShotClassification } from './kinds/zero-shot-classification.ts';
import { zeroShotImageClassification } from './kinds/zero-shot-image-classification.ts';
import type { Task } from './task.ts';

/** Every task, by its name. */
export const tasks: ReadonlyMap<string, Task> = new Map(
  [
    featureExtraction,
    rerank,
    textClassification,
    zeroShotClassification,
    tokenClassification,
    questionAnswering,
    fillMask,
    summarization,
    translation,
    text2textGeneration,
    imageClassification,
    zeroShotImageClassification,
    objectDetection,
    imageSegmentation,
    depthEstimation,
    backgroundRemoval,
    imageToText,
    imageFeatureExtraction,
    automaticSpeechRecognition,
    voiceActivityDetection,
    textToSpeech,
    audioClassification,
    onnx,
  ].map((task) => [task.name, task]),
);

/** Other names that Transformers.js has for some. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['sentiment-analysis', 'text-classification'],
  ['ner', 'token-classification'],
  ['embeddings', 'feature-extraction'],
  ['asr', 'automatic-speech-recognition'],
  ['text-to-audio', 'text-to-speech'],
]);

/** Fails with `bad-input` for a name that means no task. `translation_en_to_de` is a translation. */
export function taskNamed(name: string): Task {
  const task = tasks.get(ALIASES.get(name) ?? name.replace(/^translation_.*/, 'translation'));
  if (task) return task;
  throw new HearthError(
    'bad-input',
    `There is no task named ${JSON.stringify(name.slice(0, 60))}. There are: ${[...tasks.keys()].join(', ')}.`,
  );
}
