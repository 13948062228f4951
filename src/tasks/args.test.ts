import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HearthError } from '../protocol/errors.ts';
import * as limits from '../protocol/limits.ts';
import { tasks, taskNamed } from './table.ts';

const refusal = (task: string, ...args: unknown[]) => {
  try {
    taskNamed(task).parse(args);
  } catch (error) {
    return error as HearthError;
  }
  throw new Error('It was taken.');
};
const PIXEL = { width: 1, height: 1, data: new Uint8Array(4) };

test('a name that Transformers.js has for a task, or a translation’s languages, means the task', () => {
  const names = ['ner', 'sentiment-analysis', 'embeddings', 'translation_en_to_de'];
  expect(names.map((name) => taskNamed(name).name)).toEqual([
    'token-classification',
    'text-classification',
    'feature-extraction',
    'translation',
  ]);
  expect(() => taskNamed('constructor')).toThrow(
    /no task named "constructor". There are: feature-extraction, /,
  );
});

test('one input or a list, what comes after, and options', () => {
  expect(taskNamed('zero-shot-classification').parse(['a', ['x', 'y'], { multi_label: true }])).toEqual({
    inputs: ['a'],
    isList: false,
    rest: [['x', 'y']],
    options: { multi_label: true },
  });
  expect(taskNamed('fill-mask').parse([['a', 'b'], { top_k: undefined }])).toMatchObject({
    inputs: ['a', 'b'],
    isList: true,
    options: {},
  });
});

test.each([
  ['text-classification', [], 'The input must be a text.'],
  ['text-classification', [['a', 3]], 'Input 1 must be a text.'],
  ['text-classification', [[]], 'The input must be a list of 1 to 512.'],
  ['text-classification', ['a', { top_k: 1.5 }], '`top_k` must be a whole number from 1 to 1000000.'],
  ['text-classification', ['a', { top_p: 1 }], '`top_p` is no option of this task. It has: top_k.'],
  ['text-classification', ['a', {}, {}], 'There are more arguments than this task takes.'],
  ['text-classification', ['a', 'b'], '`options` must be an object.'],
  ['feature-extraction', ['a', { pooling: 'sum' }], '`pooling` must be "none" or "mean" or'],
  ['zero-shot-classification', ['a'], '`labels` must be a list of 1 to 1024.'],
  ['zero-shot-classification', ['a', ['b', 5]], '`labels[1]` must be a text of at most 4096 characters.'],
  ['question-answering', ['a'], 'The context must be a text.'],
  [
    'summarization',
    ['a', { max_new_tokens: 1e9 }],
    '`max_new_tokens` must be a whole number from 1 to 4096.',
  ],
  ['summarization', ['a', { temperature: Number.NaN }], '`temperature` must be a number from 0 to 100.'],
  ['image-classification', ['https://a.example/cat.png'], 'Hearth fetches no addresses for pages.'],
  ['image-classification', ['data:image/png;base64,§'], 'This data: address is damaged.'],
  ['image-classification', [new Map()], 'The input must be'],
  [
    'image-classification',
    [{ ...PIXEL, width: 2 }],
    'The input must be 2 × 1 pixels of 1, 3 or 4 bytes each, not 4',
  ],
  ['image-classification', [{ ...PIXEL, height: -1 }], 'The input must be an image'],
  ['image-classification', [{ ...PIXEL, data: [0, 0, 0, 0] }], 'The input must be an image'],
  [
    'onnx',
    [{ x: { dims: [2], data: new Float32Array(3) } }],
    'The data of the input, x must be a Float32Array of 2 values.',
  ],
  [
    'onnx',
    [{ x: { type: 'string', dims: [1], data: ['a'] } }],
    'The type of the input, x must be one of float32,',
  ],
  [
    'onnx',
    [{ x: { dims: [-1], data: new Float32Array(0) } }],
    'The dims of the input, x must be a list of whole numbers.',
  ],
])('%s refuses %j in a sentence', (task, args, sentence) => {
  const error = refusal(task, ...args);
  expect(error).toMatchObject({ name: 'HearthError', code: 'bad-input' });
  expect(error.message).toContain(sentence);
});

test('what is too much for one call is refused before anything is made of it', () => {
  const half = 'x'.repeat(limits.MAX_PROMPT_CHARS / 2 + 1);
  expect(refusal('text-classification', half + half).code).toBe('too-long');
  expect(refusal('text-classification', [half, half]).code).toBe('too-long');
  const huge = { width: 65_535, height: 65_535, data: new Uint8Array(4) };
  expect(refusal('depth-estimation', huge)).toMatchObject({ code: 'too-long' });
  const many = Array.from({ length: limits.MAX_TASK_INPUTS + 1 }, () => 'a');
  expect(refusal('fill-mask', many).message).toContain('a list of 1 to 512');
});

test('whatever a page passes to any task, it is taken or refused with a code of ours', () => {
  const value = fc.oneof(fc.anything({ withTypedArray: true }), fc.constant(PIXEL), fc.string());
  fc.assert(
    fc.property(fc.constantFrom(...tasks.keys()), fc.array(value, { maxLength: 4 }), (task, args) => {
      try {
        taskNamed(task).parse(args);
      } catch (error) {
        expect(error).toBeInstanceOf(HearthError);
      }
    }),
    { numRuns: 300 },
  );
});
