// The Prompt API in a real page, behaviour by behaviour as web-platform-tests ask for it.
// https://webmachinelearning.github.io/prompt-api/
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

/** The window of the fake model, in its tokens: four characters each, and one around each message. */
const WINDOW = 1022;
const SENTENCE = 'Please write a sentence in English.';
const USAGE = Math.ceil(SENTENCE.length / 4);

describe('availability', () => {
  test('is a valid value for every combination of sampling numbers and texts', async () => {
    const values = await page.evaluate(async () => {
      const values = new Set<string>();
      const expected = [undefined, [], [{ type: 'text' }], [{ type: 'text', languages: ['en'] }]];
      for (const topK of [1, 1.5, 2, 3, 99])
        for (const temperature of [0, 0.5, 1, 2])
          for (const expectedInputs of expected)
            values.add(
              await LanguageModel.availability({
                topK,
                temperature,
                expectedInputs,
                expectedOutputs: expectedInputs,
              }),
            );
      return [...values];
    });
    expect(values).toEqual(['available']);
  });

  test.each([
    { why: 'a language nobody knows', options: { expectedInputs: [{ type: 'text', languages: ['unk'] }] } },
    { why: 'output in it', options: { expectedOutputs: [{ type: 'text', languages: ['unk'] }] } },
    { why: 'images as output', options: { expectedOutputs: [{ type: 'image' }] } },
    { why: 'audio as output', options: { expectedOutputs: [{ type: 'audio' }] } },
    {
      why: 'images that no model here takes',
      options: { expectedInputs: [{ type: 'image' }] },
    },
    { why: 'audio that no model here takes', options: { expectedInputs: [{ type: 'audio' }] } },
  ])('is unavailable for $why, and create says NotSupportedError', async ({ options }) => {
    const answers = await page.evaluate(
      async (options) => [
        await LanguageModel.availability(options),
        await said(LanguageModel.create(options)),
      ],
      options,
    );
    expect(answers).toEqual(['unavailable', 'DOMException NotSupportedError']);
  });

  test.each([
    'most-predictable',
    'predictable',
    'slightly-predictable',
    'balanced',
    'slightly-creative',
    'creative',
    'most-creative',
  ])('knows the sampling mode %s, and a clone keeps it', async (samplingMode) => {
    const modes = await page.evaluate(async (samplingMode) => {
      const session = await LanguageModel.create({ samplingMode });
      const clone = await session.clone();
      return [await LanguageModel.availability({ samplingMode }), session.samplingMode, clone.samplingMode];
    }, samplingMode);
    expect(modes).toEqual(['available', samplingMode, samplingMode]);
  });
});

describe('create', () => {
  test('gives a session with all that belongs to one', async () => {
    const shape = await page.evaluate(async () => {
      const session = await LanguageModel.create();
      const members = [
        ...['prompt', 'promptStreaming', 'append', 'clone', 'destroy'],
        ...['measureContextUsage', 'measureInputUsage'],
        ...['contextUsage', 'contextWindow', 'inputUsage', 'inputQuota', 'topK', 'temperature'],
        ...['oncontextoverflow', 'onquotaoverflow', 'samplingMode'],
      ];
      return [
        session instanceof LanguageModel && session instanceof EventTarget,
        ...members.map((member) => typeof session[member]),
      ];
    });
    expect(shape).toEqual([
      true,
      ...Array(7).fill('function'),
      ...Array(6).fill('number'),
      ...['object', 'object', 'string'],
    ]);
  });

  test.each([
    { why: 'no options', options: {}, values: [40, 1, 'balanced'] },
    { why: 'both numbers', options: { topK: 3, temperature: 0.5 }, values: [3, 0.5, null] },
    { why: 'a fraction', options: { topK: 1.5, temperature: 0.5 }, values: [1, 0.5, null] },
    {
      why: 'numbers beyond the greatest',
      options: { topK: 1e9, temperature: 99 },
      values: [128, 2, null],
    },
  ])('samples as asked with $why', async ({ options, values }) => {
    const found = await page.evaluate(async (options) => {
      const { topK, temperature, samplingMode } = await LanguageModel.create(options);
      return [topK, temperature, samplingMode];
    }, options);
    expect(found).toEqual(values);
  });

  const [system, user, assistant] = ['system', 'user', 'assistant'].map((role) => ({ role, content: 'x' }));
  test.each([
    { why: 'temperature alone', options: { temperature: 1 }, says: 'DOMException NotSupportedError' },
    { why: 'topK alone', options: { topK: 3 }, says: 'DOMException NotSupportedError' },
    { why: 'a negative temperature', options: { temperature: -0.5, topK: 3 }, says: 'RangeError RangeError' },
    { why: 'a topK of 0', options: { temperature: 0.5, topK: 0 }, says: 'RangeError RangeError' },
    { why: 'a negative topK', options: { temperature: 0.5, topK: -2 }, says: 'RangeError RangeError' },
    {
      why: 'a mode and numbers',
      options: { samplingMode: 'balanced', topK: 3 },
      says: 'TypeError TypeError',
    },
    { why: 'an unknown mode', options: { samplingMode: 'wild' }, says: 'TypeError TypeError' },
    { why: 'an unknown type', options: { expectedInputs: [{ type: 'soup' }] }, says: 'TypeError TypeError' },
    { why: 'no type', options: { expectedInputs: [{}] }, says: 'TypeError TypeError' },
    { why: 'no list', options: { expectedInputs: 5 }, says: 'TypeError TypeError' },
    {
      why: 'a malformed tag',
      options: { expectedInputs: [{ type: 'text', languages: ['en-abc-invalid'] }] },
      says: 'RangeError RangeError',
    },
    {
      why: 'system last',
      options: { initialPrompts: [user, assistant, system] },
      says: 'TypeError TypeError',
    },
    {
      why: 'system twice',
      options: { initialPrompts: [system, system, user] },
      says: 'TypeError TypeError',
    },
    {
      why: 'a role that is none',
      options: { initialPrompts: [{ role: 'wizard', content: 'x' }] },
      says: 'TypeError TypeError',
    },
    { why: 'no content', options: { initialPrompts: [{ role: 'user' }] }, says: 'TypeError TypeError' },
    { why: 'a signal that is none', options: { signal: 5 }, says: 'TypeError TypeError' },
    { why: 'a monitor that is none', options: { monitor: {} }, says: 'TypeError TypeError' },
    { why: 'options that are none', options: 5, says: 'TypeError TypeError' },
    {
      why: 'initial prompts beyond the window',
      options: { initialPrompts: [{ role: 'user', content: SENTENCE.repeat(WINDOW) }] },
      says: `QuotaExceededError QuotaExceededError true ${WINDOW}`,
    },
  ])('refuses $why', async ({ options, says }) => {
    expect(await page.evaluate((options) => said(LanguageModel.create(options)), options)).toBe(says);
  });

  test.each([
    { why: 'a whole conversation', options: { initialPrompts: [system, user, assistant] } },
    { why: 'none', options: { initialPrompts: [] } },
    { why: 'none of the system', options: { initialPrompts: [user, assistant] } },
    {
      why: 'a tag to be made canonical',
      options: { expectedInputs: [{ type: 'text', languages: ['EN'] }] },
    },
    { why: 'null', options: null },
  ])('takes $why', async ({ options }) => {
    expect(await page.evaluate((options) => said(LanguageModel.create(options)), options)).toBe(
      'resolved object',
    );
  });

  test('initial prompts count, and are as they were measured', async () => {
    const [usage, measured] = await page.evaluate(async () => {
      const initialPrompts = [{ role: 'system', content: 'The word of the day is banana.' }];
      const session = await LanguageModel.create({ initialPrompts });
      return [session.contextUsage, await session.measureContextUsage(initialPrompts)];
    });
    expect(usage).toBeGreaterThan(0);
    expect(usage).toBe(measured);
  });
});

describe('a monitor', () => {
  test('hears of progress from 0 to 1, and nothing once there is a session', async () => {
    const { events, isCreated } = await page.evaluate(async () => {
      let isCreated = false;
      const events: [string, number, number, boolean, boolean][] = [];
      await LanguageModel.create({
        monitor(monitor: EventTarget) {
          monitor.addEventListener('downloadprogress', (event) => {
            const { type, loaded, total, lengthComputable } = event as ProgressEvent;
            events.push([type, loaded, total, lengthComputable, isCreated]);
          });
        },
      });
      isCreated = true;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return { events, isCreated };
    });
    expect(isCreated).toBe(true);
    expect(events).toEqual([
      ['downloadprogress', 0, 1, true, false],
      ['downloadprogress', 1, 1, true, false],
    ]);
  });

  test('has a handler attribute as well', async () => {
    const loaded = await page.evaluate(async () => {
      const loaded: number[] = [];
      await LanguageModel.create({
        monitor(monitor: { ondownloadprogress: unknown }) {
          monitor.ondownloadprogress = (event: ProgressEvent) => loaded.push(event.loaded);
        },
      });
      return loaded;
    });
    expect(loaded).toEqual([0, 1]);
  });

  test('that throws has create reject with that very error', async () => {
    const isSame = await page.evaluate(async () => {
      const error = new Error('mine');
      const monitor = () => {
        throw error;
      };
      return LanguageModel.create({ monitor }).catch((thrown: unknown) => thrown === error);
    });
    expect(isSame).toBe(true);
  });

  test.each([0, 1])('hears nothing after an abort at %s', async (at) => {
    const [isSame, later] = await page.evaluate(async (at) => {
      const abort = new AbortController();
      const error = new Error('mine');
      let later = 0;
      const monitor = (monitor: EventTarget) =>
        monitor.addEventListener('downloadprogress', (event) => {
          if (abort.signal.aborted) later++;
          else if ((event as ProgressEvent).loaded === at) abort.abort(error);
        });
      const isSame = await LanguageModel.create({ monitor, signal: abort.signal }).catch(
        (thrown: unknown) => thrown === error,
      );
      await new Promise((resolve) => setTimeout(resolve, 50));
      return [isSame, later];
    }, at);
    expect([isSame, later]).toEqual([true, 0]);
  });
});

describe('an abort', () => {
  test.each(['create', 'prompt', 'append', 'measureContextUsage', 'clone'])(
    'of %s rejects with its reason, and so does the next call with that signal',
    async (method) => {
      const results = await page.evaluate(async (method) => {
        const session = await LanguageModel.create();
        const start = (signal: AbortSignal) => {
          if (method === 'create') return LanguageModel.create({ signal });
          return method === 'clone' ? session.clone({ signal }) : session[method]('slow', { signal });
        };
        const results: unknown[] = [];
        for (const reason of [undefined, new Error('mine')]) {
          const abort = new AbortController();
          const first = start(abort.signal);
          abort.abort(reason);
          for (const promise of [first, start(abort.signal)])
            results.push(await promise.catch((error: Error) => (reason ? error === reason : error.name)));
        }
        return results;
      }, method);
      expect(results).toEqual(['AbortError', 'AbortError', true, true]);
    },
  );

  test('of a stream errors it, and promptStreaming itself throws with a signal that has aborted', async () => {
    const results = await page.evaluate(async () => {
      const session = await LanguageModel.create();
      const reason = new DOMException('mine', 'VersionError');
      const abort = new AbortController();
      const stream = session.promptStreaming('slow', { signal: abort.signal });
      abort.abort(reason);
      const errored = await stream.pipeTo(new WritableStream()).catch((error: unknown) => error === reason);
      let thrown = false;
      try {
        session.promptStreaming('x', { signal: abort.signal });
      } catch (error) {
        thrown = error === reason;
      }
      return [errored, thrown];
    });
    expect(results).toEqual([true, true]);
  });

  test('leaves the session as it was, and it still answers', async () => {
    const [usage, turns] = await page.evaluate(async () => {
      const session = await LanguageModel.create();
      const abort = new AbortController();
      const prompt = session.prompt('slow', { signal: abort.signal });
      setTimeout(() => abort.abort(), 20);
      await prompt.catch(() => {});
      const usage = session.contextUsage;
      return [usage, JSON.parse(await session.prompt('echo')).prompt.messages.length];
    });
    expect([usage, turns]).toEqual([0, 1]);
  });

  test('of the signal that a session was created with ends it', async () => {
    const results = await page.evaluate(async () => {
      const abort = new AbortController();
      const session = await LanguageModel.create({ signal: abort.signal });
      const error = new Error('mine');
      const calls = () => [session.prompt('slow'), session.append('x'), session.measureContextUsage('x')];
      const before = calls();
      abort.abort(error);
      return Promise.all(
        [...before, ...calls()].map((call) => call.catch((thrown: unknown) => thrown === error)),
      );
    });
    expect(results).toEqual(Array(6).fill(true));
  });
});

describe('destroy', () => {
  test('ends what is pending and what comes, and the numbers stay', async () => {
    const [names, numbers] = await page.evaluate(async () => {
      const session = await LanguageModel.create({ topK: 3, temperature: 0.5 });
      const calls = () => [
        session.prompt('slow'),
        session.append('x'),
        session.measureContextUsage('x'),
        session.clone(),
      ];
      const before = calls();
      session.destroy();
      session.destroy();
      const names = await Promise.all(
        [...before, ...calls()].map((call) => call.catch((error: Error) => error.name)),
      );
      return [names, [session.contextUsage, session.contextWindow, session.topK, session.temperature]];
    });
    expect(names).toEqual(Array(8).fill('AbortError'));
    expect(numbers).toEqual([0, WINDOW, 3, 0.5]);
    await expect.poll(async () => (await harness.status()).running.length).toBe(0);
  });
});

describe('clone', () => {
  test('is the same, and goes its own way', async () => {
    const [same, usages, turns] = await page.evaluate(async () => {
      const session = await LanguageModel.create({ topK: 3, temperature: 0.5 });
      await session.prompt('hello');
      const clone = await session.clone();
      const numbers = (one: typeof session) =>
        JSON.stringify([one.contextWindow, one.contextUsage, one.topK, one.temperature]);
      const same = numbers(session) === numbers(clone) && clone instanceof LanguageModel;
      const before = session.contextUsage;
      const turns = JSON.parse(await clone.prompt('echo')).prompt.messages.length;
      return [same, [session.contextUsage === before, clone.contextUsage > before], turns];
    });
    expect([same, usages, turns]).toEqual([true, [true, true], 3]);
  });

  test('outlives what it was cloned from', async () => {
    expect(
      await page.evaluate(async () => {
        const session = await LanguageModel.create();
        const clone = await session.clone();
        session.destroy();
        return clone.prompt('hello');
      }),
    ).toMatch(/^w0 /);
  });
});

describe('prompt', () => {
  test('answers whole and streamed, and remembers its turns', async () => {
    const [whole, streamed, remembered] = await page.evaluate(async () => {
      const session = await LanguageModel.create({
        initialPrompts: [{ role: 'system', content: 'Be brief.' }],
        temperature: 0.5,
        topK: 3,
      });
      const whole = await session.prompt('hello');
      let streamed = '';
      for await (const piece of session.promptStreaming('again')) streamed += piece;
      return [whole, streamed, JSON.parse(await session.prompt('echo'))];
    });
    expect(whole).toBe('w0 w1 w2 w3 w4 w5 w6 w7 ');
    expect(streamed).toBe(whole);
    expect(remembered.sampling).toMatchObject({ temperature: 0.5, topK: 3 });
    expect(remembered.prompt.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'hello' },
      { role: 'assistant', content: whole },
      { role: 'user', content: 'again' },
      { role: 'assistant', content: whole },
      { role: 'user', content: 'echo' },
    ]);
  });

  test.each([
    { why: 'undefined', input: undefined },
    { why: 'null', input: null },
    { why: 'an object that is no list', input: { role: 'system', content: 'x' } },
    { why: 'a number', input: 5 },
    { why: 'an empty text', input: '' },
    { why: 'no messages', input: [] },
    { why: 'a message of nothing', input: [{ role: 'user', content: [] }] },
    { why: 'an empty part', input: [{ role: 'user', content: [{ type: 'text', value: '' }] }] },
    {
      why: 'several messages',
      input: [
        { role: 'system', content: 'a' },
        { role: 'user', content: 'b' },
        { role: 'assistant', content: 'c' },
      ],
    },
  ])('takes $why, whole and streamed', async ({ input }) => {
    const results = await page.evaluate(async (input) => {
      const session = await LanguageModel.create();
      const other = await LanguageModel.create();
      const stream = other.promptStreaming(input);
      let text = '';
      for await (const piece of stream) text += piece;
      return [typeof (await session.prompt(input)), stream instanceof ReadableStream, text.length > 0];
    }, input as never);
    expect(results).toEqual(['string', true, true]);
  });

  test('puts the parts of a message, and messages of one role in a row, together', async () => {
    const { messages } = await page.evaluate(async () => {
      const session = await LanguageModel.create();
      const parts = [
        { type: 'text', value: 'echo ' },
        { type: 'text', value: 'foo' },
      ];
      const answer = await session.prompt([
        { role: 'user', content: parts },
        { role: 'user', content: 'bar' },
      ]);
      return JSON.parse(answer).prompt;
    });
    expect(messages).toEqual([{ role: 'user', content: 'echo foo\n\nbar' }]);
  });

  const [system, user] = ['system', 'user'].map((role) => ({ role, content: 'x' }));
  test.each([
    { why: 'system after another', input: [user, system], says: 'TypeError TypeError' },
    { why: 'system twice', input: [system, system], says: 'TypeError TypeError' },
    {
      why: 'bytes for a text',
      input: [{ role: 'user', content: [{ type: 'text', value: 'BYTES' }] }],
      says: 'TypeError TypeError',
    },
    {
      why: 'an image in a session without',
      input: [{ role: 'user', content: [{ type: 'image', value: 'BYTES' }] }],
      says: 'DOMException NotSupportedError',
    },
    {
      why: 'audio in a session without',
      input: [{ role: 'user', content: [{ type: 'audio', value: 'BYTES' }] }],
      says: 'DOMException NotSupportedError',
    },
    {
      why: 'a type that is none',
      input: [{ role: 'user', content: [{ type: 'smell', value: 'x' }] }],
      says: 'TypeError TypeError',
    },
    {
      why: 'a prefix of the user',
      input: [{ role: 'user', content: 'x', prefix: true }],
      says: 'DOMException SyntaxError',
    },
    {
      why: 'a prefix that is not last',
      input: [{ role: 'assistant', content: 'x', prefix: true }, user],
      says: 'DOMException SyntaxError',
    },
    { why: 'a message that is none', input: [5], says: 'TypeError TypeError' },
  ])('refuses $why', async ({ input, says }) => {
    const found = await page.evaluate(async (input) => {
      const bytes = JSON.parse(JSON.stringify(input), (_, value) =>
        value === 'BYTES' ? new Uint8Array(4) : value,
      );
      return said((await LanguageModel.create()).prompt(bytes));
    }, input);
    expect(found).toBe(says);
  });

  test('refuses a system turn once something has been said, even while that is under way', async () => {
    const names = await page.evaluate(async () => {
      const turn = [{ role: 'system', content: 'x' }];
      const names = [];
      for (const method of ['prompt', 'append']) {
        const session = await LanguageModel.create();
        const first = session[method]('hello');
        names.push(await said(session[method](turn)), await said(first));
      }
      const told = await LanguageModel.create({ initialPrompts: [{ role: 'user', content: 'x' }] });
      return [...names, await said(told.prompt(turn))];
    });
    expect(names).toEqual([
      ...['TypeError TypeError', 'resolved string'],
      ...['TypeError TypeError', 'resolved undefined'],
      'TypeError TypeError',
    ]);
  });

  test('two at once are answered one after the other', async () => {
    const turns = await page.evaluate(async () => {
      const session = await LanguageModel.create();
      const [, second] = await Promise.all([session.prompt('slow'), session.prompt('echo')]);
      return JSON.parse(second).prompt.messages.map(({ role }: { role: string }) => role);
    });
    expect(turns).toEqual(['user', 'assistant', 'user']);
  });

  test('goes on from a prefix, which it remembers with the answer as one turn', async () => {
    const [first, second] = await page.evaluate(async () => {
      const session = await LanguageModel.create();
      const answer = await session.prompt([
        { role: 'user', content: 'echo' },
        { role: 'assistant', content: '```toml\n', prefix: true },
      ]);
      return [JSON.parse(answer).prompt, JSON.parse(await session.prompt('echo')).prompt.messages];
    });
    expect(first).toEqual({
      kind: 'messages',
      messages: [{ role: 'user', content: 'echo' }],
      answerStart: '```toml\n',
    });
    expect(second).toHaveLength(3);
    expect(second[1].content).toMatch(/^```toml\n\{/);
  });

  test('that fails says so by a name of the specification, and the session goes on', async () => {
    const names = await page.evaluate(async () => {
      const session = await LanguageModel.create();
      const names = [];
      for (const code of ['internal', 'too-long', 'cancelled', 'not-supported', 'device-lost'])
        names.push(await session.prompt(`fail ${code}`).catch((error: Error) => error.name));
      return [...names, (await session.prompt('hello')).slice(0, 3)];
    });
    expect(names).toEqual([
      ...['UnknownError', 'QuotaExceededError', 'AbortError', 'NotSupportedError', 'UnknownError'],
      'w0 ',
    ]);
  });

  test('a stream that nobody reads holds up nothing', async () => {
    const answer = await page.evaluate(async () => {
      const session = await LanguageModel.create();
      const unread = session.promptStreaming(`say ${'word '.repeat(100)}`);
      const answer = JSON.parse(await session.prompt('echo')).prompt.messages[1].content;
      let text = '';
      for await (const piece of unread) text += piece;
      return [answer.length, text.length];
    });
    expect(answer[0]).toBeGreaterThan(400);
    expect(answer[1]).toBe(answer[0]);
  });

  test('a stream that nobody reads any more stops its answer', async () => {
    await page.evaluate(async () => {
      const session = await LanguageModel.create();
      const reader = session.promptStreaming('slow').getReader();
      await reader.read();
      await reader.cancel();
    });
    await expect.poll(async () => (await harness.status()).running.length).toBe(0);
  });
});

describe('append', () => {
  test('adds what was measured, and nothing for nothing', async () => {
    const found = await page.evaluate(async (sentence) => {
      const session = await LanguageModel.create();
      const usages = [session.contextUsage, await session.measureContextUsage(sentence)];
      const result = await session.append(sentence);
      usages.push(session.contextUsage);
      await session.append([]);
      usages.push(session.contextUsage);
      await session.append({});
      return [result, ...usages, session.contextUsage > usages.at(-1)!];
    }, SENTENCE);
    expect(found).toEqual([undefined, 0, USAGE, USAGE, USAGE, true]);
  });

  test('takes what prompt takes', async () => {
    const results = await page.evaluate(async () => {
      const session = await LanguageModel.create();
      const inputs = [null, undefined, {}, '', [], [{ role: 'user', content: [] }]];
      return Promise.all(inputs.map((input) => said(session.append(input))));
    });
    expect(results).toEqual(Array(6).fill('resolved undefined'));
  });
});

describe('the context window', () => {
  test.each(['prompt', 'append'])('%s of more than it holds is told what it asked for', async (method) => {
    const [error, measured, usage] = await page.evaluate(
      async ([method, text]) => {
        const session = await LanguageModel.create();
        const measured = await session.measureContextUsage(text);
        const error = await session[method!](text).catch((error: DOMException & { requested: number }) => ({
          name: error.name,
          isDomException: error instanceof DOMException,
          requested: error.requested,
        }));
        return [error, measured, session.contextUsage];
      },
      [method, SENTENCE.repeat(WINDOW)],
    );
    expect(error).toEqual({ name: 'QuotaExceededError', isDomException: true, requested: measured });
    expect(usage).toBe(0);
  });

  test('what is so long that no prompt may have it is measured and refused as well', async () => {
    const [measured, says] = await page.evaluate(async () => {
      const session = await LanguageModel.create();
      const text = 'x'.repeat(5_000_000);
      return [await session.measureContextUsage(text), await said(session.prompt(text))];
    });
    expect(measured).toBe(1_250_000);
    expect(says).toBe(`QuotaExceededError QuotaExceededError true ${WINDOW}`);
  });

  test('gives up its oldest turns for new ones, never the system’s, and says so', async () => {
    const { events, roles, first, usage } = await page.evaluate(async () => {
      const session = await LanguageModel.create({
        initialPrompts: [{ role: 'system', content: 'Be brief.' }],
      });
      const events: string[] = [];
      for (const type of ['contextoverflow', 'quotaoverflow'])
        session.addEventListener(type, (event: Event) => events.push(event.type));
      session.oncontextoverflow = (event: Event) => events.push(`on${event.type}`);
      await session.prompt(`old ${'x'.repeat(1600)}`);
      await session.prompt(`new ${'y'.repeat(1600)}`);
      const before = events.length;
      const { messages } = JSON.parse(await session.prompt(`echo ${'z'.repeat(1600)}`)).prompt;
      return {
        events: [before, ...events],
        roles: messages.map(({ role }: { role: string }) => role),
        first: messages[1].content.slice(0, 3),
        usage: session.contextUsage,
      };
    });
    expect(events).toEqual([0, 'contextoverflow', 'oncontextoverflow', 'quotaoverflow']);
    expect(roles).toEqual(['system', 'user', 'assistant', 'user']);
    expect(first).toBe('new');
    expect(usage).toBeGreaterThan(800);
  });

  test('a prompt that with what was said just fills it gives that up, as often as it was said', async () => {
    const [overflows, usage] = await page.evaluate(async (sentence) => {
      const session = await LanguageModel.create();
      let overflows = 0;
      session.addEventListener('contextoverflow', () => overflows++);
      const text = sentence.repeat(10);
      await session.append(text);
      await session.prompt(text.repeat(session.contextWindow / session.contextUsage));
      return [overflows, session.contextUsage];
    }, SENTENCE);
    expect(overflows).toBe(1);
    expect(usage).toBeLessThan(WINDOW + 9);
  });

  test('append gives up old turns as well', async () => {
    const [events, usage] = await page.evaluate(async () => {
      const session = await LanguageModel.create();
      let events = 0;
      session.oncontextoverflow = () => events++;
      await session.append('x'.repeat(3000));
      await session.append('y'.repeat(3000));
      return [events, session.contextUsage];
    });
    expect([events, usage]).toEqual([1, 750]);
  });

  test('measuring takes every role, also after something was said', async () => {
    const usage = await page.evaluate(async () => {
      const prompts = ['system', 'user', 'assistant'].map((role) => ({ role, content: 'abcd' }));
      const session = await LanguageModel.create({ initialPrompts: prompts });
      return [await session.measureContextUsage(prompts), await session.measureInputUsage('abcd')];
    });
    expect(usage).toEqual([3, 1]);
  });
});

describe('a responseConstraint', () => {
  const schema = { type: 'object', required: ['rating'], properties: { rating: { type: 'number' } } };

  test('a schema goes to the engine, and to the model in words', async () => {
    const { constraint, prompt } = await page.evaluate(
      async (schema) =>
        JSON.parse(await (await LanguageModel.create()).prompt('echo', { responseConstraint: schema })),
      schema,
    );
    expect(constraint).toEqual({ kind: 'json-schema', schema: JSON.stringify(schema) });
    expect(prompt.messages).toHaveLength(1);
    expect(prompt.messages[0].content).toContain(JSON.stringify(schema));
  });

  test('no words with omitResponseConstraintInput; they are measured where they are', async () => {
    const [omitted, usages] = await page.evaluate(async (schema) => {
      const session = await LanguageModel.create();
      const options = { responseConstraint: schema, omitResponseConstraintInput: true };
      return [
        JSON.parse(await session.prompt('echo', options)),
        [
          await session.measureContextUsage('abcd'),
          await session.measureContextUsage('abcd', options),
          await session.measureContextUsage('abcd', { responseConstraint: schema }),
        ],
      ];
    }, schema);
    expect(omitted.constraint.kind).toBe('json-schema');
    expect(omitted.prompt.messages).toEqual([{ role: 'user', content: 'echo' }]);
    expect(usages.slice(0, 2)).toEqual([1, 1]);
    expect(usages[2]).toBeGreaterThan(20);
  });

  test('a RegExp and a prefix', async () => {
    const { constraint, prompt } = await page.evaluate(async () => {
      const input = [
        { role: 'user', content: 'echo' },
        { role: 'assistant', content: 'hel', prefix: true },
      ];
      return JSON.parse(
        await (await LanguageModel.create()).prompt(input, { responseConstraint: /^hel+o$/u }),
      );
    });
    expect(constraint).toEqual({ kind: 'regex', pattern: '^hel+o$' });
    expect(prompt.answerStart).toBe('hel');
  });

  test('what cannot be followed is refused', async () => {
    const names = await page.evaluate(async () => {
      const session = await LanguageModel.create();
      const circle: Record<string, unknown> = {};
      circle.self = circle;
      const constraints = [
        circle,
        { toJSON() {} },
        /x/i,
        5,
        null,
        { type: 'object', title: 'x'.repeat(3e5) },
      ];
      const names = [];
      for (const responseConstraint of constraints)
        names.push(await said(session.prompt('x', { responseConstraint })));
      return [...names, await said(session.prompt('x', { omitResponseConstraintInput: true }))];
    });
    expect(names).toEqual([
      'DOMException NotSupportedError',
      'DOMException NotSupportedError',
      'DOMException NotSupportedError',
      'TypeError TypeError',
      'TypeError TypeError',
      'DOMException OperationError',
      'TypeError TypeError',
    ]);
  });
});

test('params tells the defaults and the limits', async () => {
  const params = await page.evaluate(async () => {
    const { defaultTopK, maxTopK, defaultTemperature, maxTemperature } = await LanguageModel.params();
    return { defaultTopK, maxTopK, defaultTemperature, maxTemperature };
  });
  expect(params).toEqual({ defaultTopK: 40, maxTopK: 128, defaultTemperature: 1, maxTemperature: 2 });
});

test('a session outlives the engine and the service worker: its page keeps it', async () => {
  const turns = await page.evaluate(async () => {
    Object.assign(window, { kept: await LanguageModel.create() });
    await (window as unknown as { kept: typeof LanguageModel }).kept.prompt('hello');
  });
  expect(turns).toBeUndefined();
  await harness.stopServiceWorker();
  const messages = await page.evaluate(async () => {
    const { kept } = window as unknown as { kept: typeof LanguageModel };
    return JSON.parse(await kept.prompt('echo')).prompt.messages;
  });
  expect(messages).toHaveLength(3);
});

test('no page error came of any of this', () => {
  expect(errors).toEqual([]);
});
