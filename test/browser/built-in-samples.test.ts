// How pages use the browser's built-in AI, as its guides and samples show it: written for Chrome, knowing nothing of Hearth.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch, openAllowed, SITE } from './built-in-ai.ts';
import { bundle } from './bundle.ts';
import type { Harness } from './harness.ts';
import type { Shapes } from './shapes-sdk.ts';

declare const shapes: Shapes;

let harness: Harness;
let page: Page;

beforeAll(async () => {
  harness = await launch({
    '/sdk.js': { body: await bundle('shapes-sdk.ts'), headers: { 'content-type': 'text/javascript' } },
    '/sdk': { body: '<!doctype html><script src="/sdk.js"></script>' },
  });
  page = await openAllowed(harness, `${SITE}sdk`);
});
afterAll(() => harness?.close());

test('a playground: sliders within the limits, a chat with its count of tokens, reset by destroy', async () => {
  const seen = await page.evaluate(async () => {
    if (!('LanguageModel' in self) || (await LanguageModel.availability()) === 'unavailable')
      return 'unavailable';
    const { defaultTemperature, maxTemperature, defaultTopK, maxTopK } = await LanguageModel.params();
    let session = await LanguageModel.create({
      temperature: Math.min(defaultTemperature, maxTemperature),
      topK: Math.min(defaultTopK, maxTopK),
      initialPrompts: [{ role: 'system', content: 'You are a helpful assistant.' }],
      monitor(m: EventTarget) {
        m.addEventListener('downloadprogress', () => {});
      },
    });
    const cost = await session.measureInputUsage('hello');
    let text = '';
    const stream = session.promptStreaming('hello');
    for await (const chunk of stream) text += chunk;
    const stats = [session.inputUsage > cost, session.inputQuota - session.inputUsage > 0, session.topK];
    const other = await session.clone();
    session.destroy();
    session = other;
    return [text, ...stats, typeof (await session.prompt('again'))];
  });
  expect(seen).toEqual(['w0 w1 w2 w3 w4 w5 w6 w7 ', true, true, 40, 'string']);
});

test('a rating by a schema, and a stop button', async () => {
  const [rating, name] = await page.evaluate(async () => {
    const session = await LanguageModel.create();
    const schema = { type: 'object', required: ['rating'], properties: { rating: { type: 'number' } } };
    const answer = await session.prompt('say {"rating":4}', { responseConstraint: schema });
    const controller = new AbortController();
    const stopped = session.prompt('slow', { signal: controller.signal });
    controller.abort();
    return [JSON.parse(answer).rating, await stopped.catch((error: Error) => error.name)];
  });
  expect([rating, name]).toEqual([4, 'AbortError']);
});

test('summaries, rewrites, translations, languages and corrections, each asked whether it is there first', async () => {
  const results = await page.evaluate(async () => {
    const options = { sharedContext: 'A blog.', type: 'tldr', format: 'plain-text', length: 'short' };
    if ((await Summarizer.availability()) === 'unavailable') return [];
    const summarizer = await Summarizer.create(options);
    const summary = await summarizer.summarize('hello', { context: 'For readers.' });
    const writer = await Writer.create({ tone: 'formal' });
    let written = '';
    for await (const chunk of writer.writeStreaming('say a letter')) written += chunk;
    const rewriter = await Rewriter.create({ tone: 'more-casual', length: 'shorter' });
    const detector = await LanguageDetector.create();
    const [{ detectedLanguage }] = await detector.detect('Hallo und herzlich willkommen in unserem Garten!');
    const pair = { sourceLanguage: detectedLanguage, targetLanguage: 'en' };
    const isThere = (await Translator.availability(pair)) !== 'unavailable';
    const translator = await Translator.create(pair);
    const proofreader = await Proofreader.create({ expectedInputLanguages: ['en'] });
    const { correctedInput } = await proofreader.proofread('say I saw two cats.');
    return [
      ...[summary, written, await rewriter.rewrite('say shorter'), detectedLanguage, isThere],
      ...[await translator.translate('say welcome'), correctedInput],
    ];
  });
  expect(results).toEqual([
    ...['w0 w1 w2 w3 w4 w5 w6 w7 ', 'a letter', 'shorter', 'de', true],
    ...['welcome', 'I saw two cats.'],
  ]);
});

test('LangChain over LanguageModel: a chain of prompt, model and parser', async () => {
  const text = await page.evaluate(async () => {
    const { ChatPromptTemplate, RunnableLambda, StringOutputParser } = shapes;
    const model = RunnableLambda.from(
      async (prompt: { toChatMessages(): { type: string; text: string }[] }) => {
        const messages = prompt.toChatMessages().map(({ type, text }) => ({
          role: type === 'human' ? 'user' : type === 'ai' ? 'assistant' : 'system',
          content: text,
        }));
        const session = await LanguageModel.create();
        return session.prompt(messages);
      },
    );
    const chain = ChatPromptTemplate.fromMessages([
      ['system', 'Be brief.'],
      ['human', 'say {word} there'],
    ])
      .pipe(model as never)
      .pipe(new StringOutputParser());
    return chain.invoke({ word: 'hello' });
  });
  expect(text).toBe('hello there');
});
