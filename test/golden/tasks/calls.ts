import { type Expected, expectedOf, imageOf, toneOf } from './fixtures.ts';

/** What pages call each tiny model with: its task, and the arguments. */
export const CALLS: { task: string; model: string; args: unknown[] }[] = [
  call('feature-extraction', 'encoder', ({ texts }) => [texts, { pooling: 'mean', normalize: true }]),
  call('rerank', 'cross-encoder', ({ query, documents }) => [query, documents]),
  call('text-classification', 'classifier', ({ texts }) => [texts, { top_k: 3 }]),
  call('zero-shot-classification', 'classifier', ({ text, labels }) => [text, labels]),
  call('token-classification', 'tagger', ({ text }) => [text]),
  call('question-answering', 'reader', ({ question, context }) => [question, context]),
  call('fill-mask', 'filler', ({ text, top_k }) => [text, { top_k }]),
  call('text2text-generation', 'writer', ({ texts, max_new_tokens }) => [texts, { max_new_tokens }]),
  call('image-classification', 'image-classifier', ({ image }) => [imageOf(image), { top_k: 4 }]),
  call('image-feature-extraction', 'image-encoder', ({ image }) => [imageOf(image)]),
  call('object-detection', 'detector', ({ image, threshold }) => [imageOf(image), { threshold }]),
  call('image-segmentation', 'segmenter', ({ image }) => [imageOf(image)]),
  call('depth-estimation', 'depth', ({ image }) => [imageOf(image)]),
  call('background-removal', 'matte', ({ image }) => [imageOf(image)]),
  call('image-to-text', 'captioner', ({ image, max_new_tokens }) => [imageOf(image), { max_new_tokens }]),
  call('zero-shot-image-classification', 'clip', ({ image, labels }) => [imageOf(image), labels]),
  call('automatic-speech-recognition', 'listener', ({ seconds }) => [
    toneOf(seconds),
    { return_timestamps: true, max_length: 24 },
  ]),
  call('text-to-speech', 'speaker', ({ texts }) => [texts[0]]),
  call('audio-classification', 'sound-classifier', ({ seconds }) => [toneOf(seconds)]),
];

function call<Task extends keyof Expected>(
  task: Task,
  model: string,
  args: (expected: Expected[Task]) => unknown[],
) {
  return { task, model, args: args(expectedOf(model)[task]) };
}
