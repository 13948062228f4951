import { expect, test } from 'vitest';
import { completionLogprobs, contentLogprobs } from './logprobs.ts';

const utf8 = new TextEncoder();
const token = (text: string, logprob: number) => ({ bytes: [...utf8.encode(text)], logprob });
const halfEuro = { bytes: [0xe2, 0x82], logprob: -0.75 };
const otherHalf = { bytes: [0xe2, 0x83], logprob: -3 };

const answer = [
  { ...token('a', -2), top: [token(' b', -0.5), token('a', -2)] },
  { ...halfEuro, top: [halfEuro, otherHalf] },
  { ...token('__proto__', -4), top: [token('x', -0.1), token('y', -3)] },
];

test('a chat lists the likeliest beside each token, with the bytes of each', () => {
  expect(contentLogprobs(answer)).toEqual({
    content: [
      {
        token: 'a',
        bytes: [97],
        logprob: -2,
        top_logprobs: [
          { token: ' b', bytes: [32, 98], logprob: -0.5 },
          { token: 'a', bytes: [97], logprob: -2 },
        ],
      },
      {
        token: '\ufffd',
        bytes: [0xe2, 0x82],
        logprob: -0.75,
        top_logprobs: [
          { token: '\ufffd', bytes: [0xe2, 0x82], logprob: -0.75 },
          { token: '\ufffd', bytes: [0xe2, 0x83], logprob: -3 },
        ],
      },
      expect.objectContaining({ token: '__proto__' }),
    ],
    refusal: null,
  });
});

test('a completion names the likeliest, half characters by their bytes, and the chosen one with them', () => {
  const { top_logprobs } = completionLogprobs(answer, 0) as { top_logprobs: Record<string, number>[] };
  expect(top_logprobs.map((named) => Object.entries(named))).toEqual([
    [
      [' b', -0.5],
      ['a', -2],
    ],
    [
      ['bytes:\\xe2\\x82', -0.75],
      ['bytes:\\xe2\\x83', -3],
    ],
    [
      ['x', -0.1],
      ['y', -3],
      ['__proto__', -4],
    ],
  ]);
});

test('where no others were asked for, there are none', () => {
  expect(contentLogprobs([token('a', -1)])).toMatchObject({ content: [{ top_logprobs: [] }] });
  expect(completionLogprobs([token('a', -1)], 3)).toEqual({
    tokens: ['a'],
    token_logprobs: [-1],
    top_logprobs: [{}],
    text_offset: [3],
  });
});
