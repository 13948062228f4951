// The calls as any page may make them, over everything real but the engine, the user and the wire's platform.
import { expect, test, vi } from 'vitest';
import { fakeEngine } from '../../../test/fakes/engine.ts';
import { memoryWires } from '../../../test/fakes/memory-wires.ts';
import { connect } from '../../channel/connect.ts';
import { serve } from '../../channel/serve.ts';
import type { PromptInput, PromptPart, Turn } from '../../protocol/built-in-ai.ts';
import type { EngineCalls } from '../../protocol/engine-calls.ts';
import type { ModelInfo } from '../../protocol/models.ts';
import type { PageCalls } from '../../protocol/page-calls.ts';
import { DEFAULT_SETTINGS } from '../../protocol/settings.ts';
import { Consent, type ConsentDeps } from '../consent.ts';
import { Engine } from '../engine.ts';
import { newPage } from '../page.ts';
import { pageCalls } from '../page-calls.ts';
import { Questions } from '../questions.ts';
import { RecentRuns } from '../recent-runs.ts';
import { Slots } from '../slots.ts';

const noRoom = { mayLeave: () => false, summary: () => ({ machines: 0, sharing: 0, mayUse: false }) };

interface Scene {
  defaultModel?: string;
  /** What the engine says of the default model. */
  info?: Partial<ModelInfo>;
  isAllowed?: boolean;
  makesVectors?: boolean;
  slots?: number;
}

function open({
  defaultModel = 'hearthside',
  info = {},
  isAllowed = true,
  makesVectors = false,
  slots = 9,
}: Scene = {}) {
  const handlers = fakeEngine(() => new Promise(() => {}));
  const { models, load } = handlers;
  handlers.load = {
    ...load,
    run: async (input, call) => ({
      ...(await load.run(input, call)),
      dimensions: makesVectors ? 384 : undefined,
    }),
  };
  handlers.models = {
    ...models,
    run: async (input, call) =>
      (await models.run(input, call)).map((model) =>
        model.id === defaultModel ? { ...model, ...info } : model,
      ),
  };
  const engine = new Engine({
    open() {
      const [near, far] = memoryWires();
      serve<EngineCalls>(far, handlers);
      return near;
    },
    settings: async () => ({ ...DEFAULT_SETTINGS, defaultModel }),
    wasmFrames: { take: async () => {}, removeAll() {} },
  });
  const download = vi.fn(async (_model: string, onProgress: (part: number) => void) => {
    for (const part of [0.25, 0.5, 1]) onProgress(part);
  });
  const asked = vi.fn();
  const questions: Questions = new Questions({
    async openPrompt(id) {
      asked(questions.show(id).models.map(({ id }) => id));
      queueMicrotask(() => questions.answer(id, isAllowed ? 'once' : 'dismiss'));
    },
    closePrompt: async () => {},
    wait: () => new Promise(() => {}),
    newId: () => crypto.randomUUID(),
  });
  const consent = new Consent({
    background: (async (name: string) =>
      name === 'builtInChoice' ? 'ask' : undefined) as unknown as ConsentDeps['background'],
    questions,
    models: async () => (await engine.client()).call('models', undefined),
    download,
    defaultModel: () => engine.defaultModel(),
    stop: async () => {},
  });
  const page = newPage('http://a', true);
  if (isAllowed) page.once.add(defaultModel);
  consent.join(page);
  const [near, far] = memoryWires();
  serve<PageCalls>(
    far,
    pageCalls({
      page,
      consent,
      engine,
      slots: new Slots(slots),
      room: noRoom,
      runs: new RecentRuns(),
      closed: far.closed,
    }),
  );
  const { call, stream } = connect<PageCalls>(near);
  return { call, stream, download, asked };
}

const session: PromptInput['session'] = {
  model: 'hearthside',
  options: { topK: 40, temperature: 1 },
  contextWindow: 1024,
  contextUsage: 0,
};
const prompt = (text: string, model = 'hearthside'): PromptInput => ({
  session: { ...session, model },
  history: [],
  contextUsage: 0,
  turns: [{ role: 'user', content: [{ type: 'text', value: text }] }],
});
const LANGUAGE_MODEL = { api: 'language-model', options: {} } as const;
const CREATE = { options: {}, initialPrompts: [], isActive: true };

test.each([
  { why: 'a model that is there', info: {}, says: 'available' },
  { why: 'one on its way', info: { state: 'downloading' }, says: 'downloading' },
  { why: 'one whose download was paused', info: { state: 'paused' }, says: 'downloadable' },
  { why: 'one to be had', info: { state: 'available' }, says: 'downloadable' },
  { why: 'one that will not run', info: { problem: 'too big' }, says: 'unavailable' },
] as const)('$why is $says; before the user has said yes all are the same', async ({ info, says }) => {
  expect(await open({ info }).call('availability', LANGUAGE_MODEL)).toEqual({ ok: true, value: says });
  expect(await open({ info, isAllowed: false }).call('availability', LANGUAGE_MODEL)).toEqual({
    ok: true,
    value: 'downloadable',
  });
});

test('a default model that nobody has is unavailable', async () => {
  const { call } = open({ defaultModel: 'gone' });
  expect(await call('availability', LANGUAGE_MODEL)).toEqual({ ok: true, value: 'unavailable' });
  expect(await call('createLanguageModel', CREATE)).toMatchObject({
    refusal: { name: 'NotSupportedError' },
  });
});

test('creating tells how much of the model has come, from 0 to 1', async () => {
  const { call, download, asked } = open({ defaultModel: 'far', isAllowed: true });
  const parts: number[] = [];
  const created = await call('createLanguageModel', CREATE, { onPart: (part) => parts.push(part) });
  expect(created).toMatchObject({ ok: true, value: { model: 'far', contextWindow: 1022 } });
  expect(parts).toEqual([0, 0.25, 0.5, 1, 1]);
  expect(download).toHaveBeenCalledOnce();
  // It was allowed, but not to cost a download
  expect(asked.mock.calls).toEqual([[['far']]]);
});

test('without a gesture nobody is asked and nothing is downloaded', async () => {
  for (const scene of [{ isAllowed: false }, { defaultModel: 'far' }]) {
    const { call, download, asked } = open(scene);
    const created = await call('createTask', { api: 'writer', options: {}, isActive: false });
    expect(created).toMatchObject({ ok: false, refusal: { name: 'NotAllowedError' } });
    expect([download.mock.calls, asked.mock.calls]).toEqual([[], []]);
  }
});

test('a user who does not answer is a NotAllowedError', async () => {
  const { call } = open({ isAllowed: false });
  expect(await call('createLanguageModel', CREATE)).toMatchObject({
    ok: false,
    refusal: { name: 'NotAllowedError' },
  });
});

test.each(['prompt', 'append', 'measurePrompt'] as const)(
  '%s of a session that names a model which was not granted asks the user',
  async (name) => {
    const { call, asked } = open();
    await call(name, prompt('hello', 'second'));
    expect(asked.mock.calls).toEqual([[['second']]]);
  },
);

test('counting takes a place among the site’s answers, as answering does', async () => {
  const { call } = open({ slots: 1 });
  const slow = call('prompt', prompt('slow'));
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  expect(await call('measurePrompt', prompt('x'))).toMatchObject({
    ok: false,
    refusal: { name: 'UnknownError', message: expect.stringContaining('under way') },
  });
  slow.catch(() => {});
});

test('a window that a page makes up does not make the model’s any longer', async () => {
  const { call } = open();
  const input = prompt('fail too-long');
  input.session = { ...input.session, contextWindow: 1e9 };
  expect(await call('prompt', input)).toMatchObject({
    ok: false,
    refusal: { name: 'QuotaExceededError' },
  });
});

test('an answer comes in parts, its tokens at the end', async () => {
  const { stream } = open();
  const parts: PromptPart[] = [];
  const answer = stream('prompt', prompt('say one two'));
  for await (const part of answer) parts.push(part);
  expect(parts).toEqual([
    { kind: 'text', text: 'one' },
    { kind: 'text', text: ' two' },
  ]);
  // Eleven characters are three tokens and their message one
  expect(await answer.output).toEqual({ ok: true, value: { contextUsage: 4 + 2, dropped: 0 } });
});

test('thoughts are neither told nor counted; calls come whole', async () => {
  const { stream } = open();
  const partsOf = async (text: string) => {
    const parts: PromptPart[] = [];
    for await (const part of stream('prompt', prompt(text))) parts.push(part);
    return parts;
  };
  expect(await partsOf('think hm | yes')).toEqual([{ kind: 'text', text: 'yes' }]);
  expect(await partsOf('call f {"x":1}\ng {}')).toEqual([
    { kind: 'tool-call', call: { callID: 'call_0', name: 'f', arguments: '{"x":1}' } },
    { kind: 'tool-call', call: { callID: 'call_1', name: 'g', arguments: '{}' } },
  ]);
  const cut = stream('prompt', prompt('call f {"x'));
  for await (const _ of cut);
  expect(await cut.output).toMatchObject({ ok: false, refusal: { name: 'OperationError' } });
});

test('a task asks for no thoughts, and tells none', async () => {
  const { stream } = open();
  const task = { ...session, options: {} };
  const textOf = async (input: string) => {
    let text = '';
    for await (const part of stream('runTask', { api: 'writer', session: task, input, context: '' }))
      text += part;
    return text;
  };
  expect(await textOf('think hm | yes')).toBe('yes');
  expect(JSON.parse(await textOf('echo')).prompt.reasoning).toBe('off');
});

test.each([
  { why: 'the site may use Hearth', scene: {}, input: { mayAsk: true }, says: 'hearth' },
  {
    why: 'the browser has nothing to offer',
    scene: { isAllowed: false },
    input: { own: 'unavailable', mayAsk: true },
    says: 'hearth',
  },
  {
    why: 'nobody knows what the browser has',
    scene: { isAllowed: false },
    input: { mayAsk: true },
    says: 'unsure',
  },
  {
    why: 'the user may not be asked',
    scene: { isAllowed: false },
    input: { own: 'available', mayAsk: false },
    says: 'own',
  },
] as const)('where $why, $says answers', async ({ scene, input, says }) => {
  expect(await open(scene).call('whoAnswers', input)).toBe(says);
});

test('a default model that makes vectors is no language model', async () => {
  const { call } = open({ makesVectors: true });
  expect(await call('createLanguageModel', CREATE)).toMatchObject({
    ok: false,
    refusal: { name: 'NotSupportedError' },
  });
});

test('turns go whole: a question with its answer, a call with what came of it', async () => {
  const { stream } = open();
  const text = (role: Turn['role'], length: number): Turn => ({
    role,
    content: [{ type: 'text', value: 'x'.repeat(length) }],
  });
  const toolCall = { callID: '1', name: 'f', arguments: '{}' };
  const input: PromptInput = {
    ...prompt('echo'),
    contextUsage: 1042,
    history: [
      text('user', 400),
      { role: 'assistant', content: [{ type: 'tool-call', value: toolCall }] },
      {
        role: 'user',
        content: [
          { type: 'tool-response', value: { callID: '1', name: 'f', result: `"${'y'.repeat(3700)}"` } },
        ],
      },
      text('assistant', 8),
      text('user', 8),
      text('assistant', 8),
    ],
  };
  const parts: PromptPart[] = [];
  const answer = stream('prompt', input);
  for await (const part of answer) parts.push(part);
  expect(parts[0]).toEqual({ kind: 'overflow' });
  expect(await answer.output).toMatchObject({ ok: true, value: { dropped: 4 } });
});
