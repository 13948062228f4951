// Each task on its tiny model, on WebAssembly in Node, beside what transformers makes of the same.
import { beforeAll, expect, test, vi } from 'vitest';
import { nodeTasks } from '../../test/fakes/tasks.ts';
import { expectedOf, imageOf } from '../../test/golden/tasks/fixtures.ts';
import type { PlainImage, PlainTensor } from '../protocol/tasks.ts';

const { call } = nodeTasks();

// On a busy machine the runtime takes its time to be compiled
vi.setConfig({ testTimeout: 30_000 });
beforeAll(() => call('feature-extraction', 'encoder', 'the'), 60_000);

interface Scored {
  label: string;
  score: number;
}

const rounded = (scores: Scored[]) => scores.map(({ label, score }) => [label, +score.toFixed(4)]);
const close = (found: ArrayLike<number | bigint>, wanted: number[], digits = 4) => {
  expect(found).toHaveLength(wanted.length);
  for (const [i, value] of wanted.entries()) expect(Number(found[i])).toBeCloseTo(value, digits);
};

test('feature-extraction: one vector for each text, by mean and by the first token', async () => {
  const { texts, mean, cls } = expectedOf('encoder')['feature-extraction'];
  const byMean = await call('feature-extraction', 'encoder', texts, { pooling: 'mean', normalize: true });
  close((byMean as PlainTensor).data as Float32Array, mean.flat());
  const first = (await call('feature-extraction', 'encoder', texts, { pooling: 'cls' })) as PlainTensor;
  expect(first.dims).toEqual([3, 8]);
  close(first.data as Float32Array, cls.flat());
});

test('rerank: documents by how well they answer, the best first', async () => {
  const { query, documents, scores } = expectedOf('cross-encoder').rerank;
  const ranked = (await call('rerank', 'cross-encoder', query, documents)) as {
    corpus_id: number;
    score: number;
  }[];
  expect(ranked.map(({ score }) => score)).toEqual(ranked.map(({ score }) => score).sort((a, b) => b - a));
  for (const { corpus_id, score } of ranked) expect(score).toBeCloseTo(scores[corpus_id]!, 4);
  const best = await call('rerank', 'cross-encoder', query, documents, { top_k: 1, return_documents: true });
  expect(best).toMatchObject([{ corpus_id: 3, text: documents[3] }]);
});

test('text-classification, of one text and of several', async () => {
  const { texts, scores } = expectedOf('classifier')['text-classification'];
  const all = (await call('sentiment-analysis', 'classifier', texts, { top_k: 3 })) as Scored[][];
  expect(all.map(rounded)).toEqual(scores.map(rounded));
  const one = (await call('text-classification', 'classifier', texts[0])) as Scored[];
  expect(rounded(one)).toEqual(rounded(scores[0]!.slice(0, 1)));
});

test('zero-shot-classification, where one label fits and where several may', async () => {
  const { text, labels, template, one, many } = expectedOf('classifier')['zero-shot-classification'];
  for (const [multi_label, wanted] of [[false, one] as const, [true, many] as const]) {
    const options = { hypothesis_template: template, multi_label };
    const found = (await call('zero-shot-classification', 'classifier', text, labels, options)) as {
      labels: string[];
      scores: number[];
    };
    expect(found.labels).toEqual(wanted.map(([label]) => label));
    close(
      found.scores,
      wanted.map(([, score]) => score),
    );
  }
});

test('token-classification: what each token is', async () => {
  const { text, found } = expectedOf('tagger')['token-classification'];
  const tokens = (await call('ner', 'tagger', text)) as typeof found;
  expect(tokens.map(({ score: _, ...rest }) => rest)).toEqual(found.map(({ score: _, ...rest }) => rest));
  close(
    tokens.map(({ score }) => score),
    found.map(({ score }) => score),
  );
});

test('question-answering: the part of the context', async () => {
  const { question, context, answer, score } = expectedOf('reader')['question-answering'];
  const found = await call('question-answering', 'reader', question, context);
  expect(found).toEqual({ answer, score: expect.closeTo(score, 4) });
});

test('fill-mask: the likeliest words', async () => {
  const { text, top_k, found } = expectedOf('filler')['fill-mask'];
  const filled = (await call('fill-mask', 'filler', text, { top_k })) as typeof found;
  expect(filled.map(({ token, token_str }) => ({ token, token_str }))).toEqual(
    found.map(({ token, token_str }) => ({ token, token_str })),
  );
  close(
    filled.map(({ score }) => score),
    found.map(({ score }) => score),
  );
});

test.each(['text2text-generation', 'summarization', 'translation'])(
  '%s: greedy, token by token',
  async (task) => {
    const { texts, max_new_tokens, written } = expectedOf('writer')['text2text-generation'];
    const answers = (await call(task, 'writer', texts, { max_new_tokens })) as Record<string, string>[];
    expect(answers.flatMap((answer) => Object.values(answer))).toEqual(written);
  },
);

test('image-classification', async () => {
  const { image, scores } = expectedOf('image-classifier')['image-classification'];
  const found = (await call('image-classification', 'image-classifier', imageOf(image), {
    top_k: 4,
  })) as Scored[];
  expect(rounded(found)).toEqual(rounded(scores));
});

test('image-feature-extraction', async () => {
  const { image, hidden } = expectedOf('image-encoder')['image-feature-extraction'];
  const found = (await call('image-feature-extraction', 'image-encoder', imageOf(image))) as PlainTensor;
  expect(found.dims).toEqual([1, 5, 8]);
  close(found.data as Float32Array, hidden.flat(2), 3);
});

test('object-detection', async () => {
  const { image, threshold, found } = expectedOf('detector')['object-detection'];
  const boxes = (await call('object-detection', 'detector', imageOf(image), { threshold })) as (Scored & {
    box: object;
  })[];
  expect(rounded(boxes)).toEqual(rounded(found));
  // The library's boxes are cut to whole pixels
  expect(boxes.map(({ box }) => Object.values(box))).toEqual(
    found.map(({ box }) => box.map((side) => Math.trunc(side) || 0)),
  );
});

test('image-segmentation: each pixel belongs to one label, the likeliest there', async () => {
  const { image, labels } = expectedOf('segmenter')['image-segmentation'];
  const parts = (await call('image-segmentation', 'segmenter', imageOf(image))) as {
    label: string;
    mask: PlainImage;
  }[];
  expect(parts.map(({ label }) => label)).toEqual(labels);
  for (let i = 0; i < image.width * image.height; i++)
    expect(parts.filter(({ mask }) => mask.data[i] === 255)).toHaveLength(1);
});

test('depth-estimation', async () => {
  const { image, depth } = expectedOf('depth')['depth-estimation'];
  const { predicted_depth: found } = (await call('depth-estimation', 'depth', imageOf(image))) as {
    predicted_depth: PlainTensor;
  };
  expect(found.dims).toEqual([image.height, image.width]);
  const values = [...(found.data as Float32Array)];
  expect(Math.max(...values)).toBeCloseTo(Math.max(...depth.flat()), 0);
});

test('background-removal: the image with what is behind made transparent', async () => {
  const { image, matte } = expectedOf('matte')['background-removal'];
  const found = (await call('background-removal', 'matte', imageOf(image))) as PlainImage;
  expect(found).toMatchObject({ width: image.width, height: image.height, channels: 4 });
  expect(found.data[3]).toBeCloseTo(matte[0]![0]! * 255, -1);
});

test('image-to-text', async () => {
  const { image, max_new_tokens, written } = expectedOf('captioner')['image-to-text'];
  const found = await call('image-to-text', 'captioner', imageOf(image), { max_new_tokens });
  expect(found).toEqual([{ generated_text: written }]);
});

test('zero-shot-image-classification', async () => {
  const { image, labels, template, scores } = expectedOf('clip')['zero-shot-image-classification'];
  const found = (await call('zero-shot-image-classification', 'clip', imageOf(image), labels, {
    hypothesis_template: template,
  })) as Scored[];
  for (const { label, score } of found) expect(score).toBeCloseTo(scores[labels.indexOf(label)]!, 4);
});
