// Summarizer, Writer, Rewriter, Translator, LanguageDetector and Proofreader in a real page.
// https://webmachinelearning.github.io/writing-assistance-apis/ and its siblings
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launch, openAllowed } from './built-in-ai.ts';
import type { Harness } from './harness.ts';

let harness: Harness;
let page: Page;
const errors: Error[] = [];

beforeAll(async () => {
  harness = await launch();
  page = await openAllowed(harness);
  page.on('pageerror', (error) => errors.push(error));
});
afterAll(() => harness?.close());

const WINDOW = 1024;
const LANGUAGES = { sourceLanguage: 'en', targetLanguage: 'ja' };
const TASKS = [
  { name: 'Summarizer', method: 'summarize', options: {} },
  { name: 'Writer', method: 'write', options: {} },
  { name: 'Rewriter', method: 'rewrite', options: {} },
  { name: 'Translator', method: 'translate', options: LANGUAGES },
  { name: 'LanguageDetector', method: 'detect', options: {} },
  { name: 'Proofreader', method: 'proofread', options: {} },
];
const TEXT_TASKS = TASKS.slice(0, 4);
const MODEL_TASKS = TASKS.filter(({ name }) => name !== 'LanguageDetector');

type Made = Record<string, (...given: unknown[]) => Promise<unknown>>;
declare const made: (name: string, options?: object) => Promise<Made & { destroy(): void }>;

beforeAll(() =>
  page.evaluate(() =>
    Object.assign(window, {
      made: (name: string, options?: object) => Reflect.get(window, name).create(options),
    }),
  ),
);

describe.each(TASKS)('$name', ({ name, method, options }) => {
  test('is available, and says how its model comes', async () => {
    const found = await page.evaluate(
      async ([name, options]) => {
        const loaded: number[] = [];
        const monitor = (monitor: EventTarget) =>
          monitor.addEventListener('downloadprogress', (event) =>
            loaded.push((event as ProgressEvent).loaded),
          );
        const made = Reflect.get(window, name);
        const one = await made.create({ ...options, monitor });
        return [await made.availability(options), loaded, one instanceof made, String(one)];
      },
      [name, options] as const,
    );
    expect(found).toEqual(['available', [0, 1], true, `[object ${name}]`]);
  });

  test('rejects with the reason of an abort, with the same signal again, and once destroyed', async () => {
    const results = await page.evaluate(
      async ([name, method, options]) => {
        const one = await made(name!, options as object);
        const error = new Error('mine');
        const abort = new AbortController();
        const calls = (signal?: AbortSignal) => [one[method as string]!('slow and good', { signal })];
        const pending = calls(abort.signal);
        abort.abort(error);
        const aborted = await Promise.all(
          [...pending, ...calls(abort.signal)].map((call) => call.catch((thrown) => thrown === error)),
        );
        const creating = Reflect.get(window, name!)
          .create({ ...(options as object), signal: abort.signal })
          .catch((thrown: unknown) => thrown === error);

        const ended = new AbortController();
        const other = await made(name!, { ...(options as object), signal: ended.signal });
        const before = other[method as string]!('slow and good');
        ended.abort(error);
        const after = other[method as string]!('x');
        const signalled = await Promise.all(
          [before, after].map((call) => call.catch((thrown) => thrown === error)),
        );

        const last = calls();
        one.destroy();
        const destroyed = await Promise.all(
          [...last, ...calls()].map((call) => call.catch(({ name }) => name)),
        );
        return [aborted, await creating, signalled, destroyed];
      },
      [name, method, options] as const,
    );
    expect(results).toEqual([[true, true], true, [true, true], ['AbortError', 'AbortError']]);
  });

  test('refuses malformed languages and those that nobody knows', async () => {
    const field = name === 'Translator' ? 'sourceLanguage' : 'expectedInputLanguages';
    const results = await page.evaluate(
      async ([name, field, options]) => {
        const made = Reflect.get(window, name);
        const wrong = (tag: string) => ({ ...options, [field]: field === 'sourceLanguage' ? tag : [tag] });
        const results = [];
        for (const tag of ['e', 'Latn', 'enLatnGBfonipa', '11', 'en_Latn', 'en-Lat', 'en-A999'])
          for (const call of ['create', 'availability']) results.push(await said(made[call](wrong(tag))));
        return [
          [...new Set(results)],
          await made.availability(wrong('unk')),
          await said(made.create(wrong('unk'))),
        ];
      },
      [name, field, options] as const,
    );
    expect(results).toEqual([['RangeError RangeError'], 'unavailable', 'DOMException NotSupportedError']);
  });
});

describe.each(TEXT_TASKS)('$name of text', ({ name, method, options }) => {
  test('gives its answer whole and streamed, several at once, and is measured', async () => {
    const found = await page.evaluate(
      async ([name, method, options]) => {
        const one = await made(name!, options as object);
        const calls = [one[method as string]!('hello'), one[method as string]!('hello')];
        const stream = one[`${method}Streaming`]!('hello') as unknown as ReadableStream<string>;
        let streamed = '';
        for await (const piece of stream as unknown as AsyncIterable<string>) streamed += piece;
        const usages = [
          await one.measureInputUsage!(''),
          await one.measureInputUsage!('x'.repeat(400)),
        ] as number[];
        return [
          ...(await Promise.all(calls)),
          streamed,
          one.inputQuota,
          usages[1]! - usages[0]!,
          String(stream),
        ];
      },
      [name, method, options] as const,
    );
    const answer = 'w0 w1 w2 w3 w4 w5 w6 w7 ';
    expect(found).toEqual([answer, answer, answer, WINDOW, 100, '[object ReadableStream]']);
  });

  test('is told by how much its input is too long', async () => {
    const says = await page.evaluate(
      async ([name, method, options]) =>
        said((await made(name!, options as object))[method as string]!('x'.repeat(5000))),
      [name, method, options] as const,
    );
    expect(says).toBe(`QuotaExceededError QuotaExceededError true ${WINDOW}`);
  });

  test('an abort errors its stream, and one that is aborted throws', async () => {
    const found = await page.evaluate(
      async ([name, method, options]) => {
        const one = await made(name!, options as object);
        const abort = new AbortController();
        const error = new Error('mine');
        const start = () =>
          one[`${method}Streaming`]!('slow', { signal: abort.signal }) as unknown as ReadableStream;
        const stream = start();
        abort.abort(error);
        const errored = await stream.pipeTo(new WritableStream()).catch((thrown) => thrown === error);
        try {
          start();
        } catch (thrown) {
          return [errored, thrown === error];
        }
        return [errored, false];
      },
      [name, method, options] as const,
    );
    expect(found).toEqual([true, true]);
  });
});

/** What the model was told: its system prompt, and the rest. */
async function told(name: string, method: string, options: object, context?: string) {
  const answer = await page.evaluate(
    async ([name, method, options, context]) => {
      const one = await made(name as string, options as object);
      return one[method as string]!('echo', context ? { context } : undefined) as Promise<string>;
    },
    [name, method, options, context] as const,
  );
  const { prompt, sampling } = JSON.parse(answer);
  return { system: prompt.messages[0].content as string, rest: prompt.messages.slice(1), sampling };
}

describe('attributes', () => {
  test.each([
    {
      name: 'Summarizer',
      options: {},
      values: {
        sharedContext: '',
        type: 'key-points',
        format: 'markdown',
        length: 'short',
        outputLanguage: null,
      },
    },
    { name: 'Writer', options: {}, values: { tone: 'neutral', format: 'markdown', length: 'short' } },
    { name: 'Rewriter', options: {}, values: { tone: 'as-is', format: 'as-is', length: 'as-is' } },
    {
      name: 'Summarizer',
      options: {
        sharedContext: 'news',
        type: 'headline',
        format: 'plain-text',
        length: 'long',
        expectedInputLanguages: ['EN', 'en', 'de'],
        expectedContextLanguages: [],
        outputLanguage: 'FR',
      },
      values: {
        sharedContext: 'news',
        type: 'headline',
        format: 'plain-text',
        length: 'long',
        expectedInputLanguages: ['en', 'de'],
        expectedContextLanguages: null,
        outputLanguage: 'fr',
      },
    },
    {
      name: 'Translator',
      options: { sourceLanguage: 'EN', targetLanguage: 'zh-TW' },
      values: { sourceLanguage: 'en', targetLanguage: 'zh-Hant' },
    },
    { name: 'LanguageDetector', options: {}, values: { expectedInputLanguages: null } },
    {
      name: 'Proofreader',
      options: { includeCorrectionTypes: 1 },
      values: {
        includeCorrectionTypes: true,
        includeCorrectionExplanations: false,
        expectedInputLanguages: null,
        correctionExplanationLanguage: null,
      },
    },
  ])('of $name are its options with their defaults', async ({ name, options, values }) => {
    const found = await page.evaluate(
      async ([name, options, fields]) => {
        const one = await made(name as string, options as object);
        const languages = one.expectedInputLanguages as unknown;
        return [
          Object.fromEntries((fields as string[]).map((field) => [field, one[field]])),
          one.expectedInputLanguages === languages && (languages === null || Object.isFrozen(languages)),
        ];
      },
      [name, options, Object.keys(values)] as const,
    );
    expect(found).toEqual([values, true]);
  });

  test.each([
    { name: 'Summarizer', options: { type: 'poem' } },
    { name: 'Writer', options: { tone: 'as-is' } },
    { name: 'Rewriter', options: { length: 'short' } },
    { name: 'Translator', options: { sourceLanguage: 'en' } },
    { name: 'Translator', options: { targetLanguage: 'en' } },
    { name: 'Translator', options: undefined },
    { name: 'LanguageDetector', options: { expectedInputLanguages: 'en' } },
    { name: 'Proofreader', options: 5 },
  ])('$name refuses $options', async ({ name, options }) => {
    const says = await page.evaluate(
      async ([name, options]) => [
        await said(Reflect.get(window, name as string).create(options)),
        await said(Reflect.get(window, name as string).availability(options)),
        await said(Reflect.get(window, 'Translator').create()),
      ],
      [name, options] as const,
    );
    expect(says).toEqual(Array(3).fill('TypeError TypeError'));
  });
});

describe('what the model is told', () => {
  test('a summary’s type, length, format, language and both contexts', async () => {
    const options = {
      type: 'headline',
      length: 'short',
      format: 'plain-text',
      outputLanguage: 'de',
      sharedContext: 'shared one',
    };
    const { system, rest } = await told('Summarizer', 'summarize', options, 'own one');
    for (const words of ['headline', 'At most 12 words', 'plain text', 'German', 'shared one\nown one'])
      expect(system).toContain(words);
    expect(rest).toEqual([{ role: 'user', content: 'echo' }]);
  });

  test('a text’s tone and length', async () => {
    const { system } = await told('Writer', 'write', { tone: 'formal', length: 'long' });
    expect(system).toMatch(/formal tone.*at length/);
  });

  test('how to rewrite', async () => {
    const { system } = await told('Rewriter', 'rewrite', { tone: 'more-casual', length: 'shorter' });
    expect(system).toMatch(/more casual.*shorter/);
  });

  test('the two languages of a translation, which is the likeliest one', async () => {
    const { system, sampling } = await told('Translator', 'translate', LANGUAGES);
    expect(system).toContain('from English into Japanese');
    expect(sampling.temperature).toBe(0);
  });
});

describe('nothing to do', () => {
  const BLANK = ['', ' ', '     ', ' \r\n\t\f', '\u0001'];

  test('Translator echoes it, Summarizer, Writer and Rewriter give nothing, and no chunk', async () => {
    const found = await page.evaluate(
      async ([blank, languages]) => {
        const translator = await made('Translator', languages as object);
        const echoed = await Promise.all((blank as string[]).map((text) => translator.translate!(text)));
        const rest = [];
        for (const [name, method] of [
          ['Summarizer', 'summarize'],
          ['Writer', 'write'],
          ['Rewriter', 'rewrite'],
        ]) {
          const one = await made(name!);
          rest.push(await one[method!]!(' '));
          const stream = one[`${method}Streaming`]!('') as unknown as ReadableStream;
          rest.push((await stream.getReader().read()).done);
        }
        return [echoed, rest];
      },
      [BLANK, LANGUAGES] as const,
    );
    expect(found).toEqual([BLANK, ['', true, '', true, '', true]]);
  });

  test('Proofreader gives it back without corrections', async () => {
    const results = await page.evaluate(async () => {
      const one = await made('Proofreader');
      return [await one.proofread!(''), await one.proofread!(' ')];
    });
    expect(results).toEqual([{ correctedInput: '' }, { correctedInput: ' ' }]);
  });

  test('LanguageDetector says that it cannot tell', async () => {
    expect(await page.evaluate(async () => (await made('LanguageDetector')).detect!(' '))).toEqual([
      { detectedLanguage: 'und', confidence: 1 },
    ]);
  });
});

describe('LanguageDetector', () => {
  test('names languages from high to low, and last what it cannot tell', async () => {
    const results = (await page.evaluate(async () =>
      (
        await made('LanguageDetector')
      ).detect!('Please write a sentence in English.'),
    )) as { detectedLanguage: string; confidence: number }[];
    expect(results[0]!.detectedLanguage).toBe('en');
    const last = results.pop()!;
    expect(last.detectedLanguage).toBe('und');
    const confidences = results.map(({ confidence }) => confidence);
    expect(confidences).toEqual([...confidences].sort((a, b) => b - a));
    expect(Math.min(...confidences)).toBeGreaterThan(last.confidence);
    expect(confidences.reduce((sum, one) => sum + one, last.confidence)).toBeLessThanOrEqual(1);
  });

  test('needs no model: nothing bounds it, nothing is used up', async () => {
    const found = await page.evaluate(async () => {
      const one = await made('LanguageDetector');
      return [one.inputQuota, await one.measureInputUsage!('Hello world!'.repeat(10_000))];
    });
    expect(found).toEqual([Number.POSITIVE_INFINITY, 0]);
  });
});

describe('Proofreader', () => {
  test('gives corrections in the text’s own places, with their types and why', async () => {
    const input = 'say can you profread fir me';
    const result = await page.evaluate(async (input) => {
      const options = { includeCorrectionTypes: true, includeCorrectionExplanations: true };
      return (await made('Proofreader', options)).proofread!(input);
    }, input);
    // The fake model says what comes after "say"
    expect(result).toEqual({
      correctedInput: 'can you profread fir me',
      corrections: [
        {
          startIndex: 0,
          endIndex: 4,
          correction: '',
          types: ['grammar'],
          explanation: expect.stringMatching(/^w0 w1 /),
        },
      ],
    });
  });
});

test.each(MODEL_TASKS)(
  '$name asks the user of a site that has not asked before',
  async ({ name, options }) => {
    // The browser under test says that it could translate
    await harness.call('background', 'changeSettings', { builtIn: 'hearth' });
    const address = `http://${name.toLowerCase()}.localhost/`;
    const stranger = await harness.open(address);
    const created = stranger.evaluate(
      async ([name, options]) => {
        const made = Reflect.get(window, name);
        return [await made.availability(options), await said(made.create(options))];
      },
      [name, options] as const,
    );
    await harness.answer('Block');
    expect(await created).toEqual(['downloadable', 'DOMException NotAllowedError']);
    await stranger.close();
  },
);

test('no page error came of any of this', () => {
  expect(errors).toEqual([]);
});
