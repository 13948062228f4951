// The interfaces as WebIDL has them: the tables below are the specifications' own, and where they may be used.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allow, launch, openAllowed, SITE } from './built-in-ai.ts';
import type { Harness } from './harness.ts';

interface Interface {
  parent?: string;
  isConstructible?: true;
  statics?: Record<string, number>;
  methods?: Record<string, number>;
  readonly?: string[];
  writable?: string[];
}

const CREATED = { create: 0, availability: 0 };
const WRITING = [
  'sharedContext',
  'format',
  'length',
  'expectedInputLanguages',
  'expectedContextLanguages',
  'outputLanguage',
  'inputQuota',
];
const OF_TOOL = ['callID', 'callId', 'name'];

const INTERFACES: Record<string, Interface> = {
  LanguageModel: {
    parent: 'EventTarget',
    statics: { ...CREATED, params: 0 },
    methods: {
      prompt: 1,
      promptStreaming: 1,
      append: 1,
      measureContextUsage: 1,
      measureInputUsage: 1,
      clone: 0,
      destroy: 0,
    },
    readonly: [
      'contextUsage',
      'contextWindow',
      'inputUsage',
      'inputQuota',
      'topK',
      'temperature',
      'samplingMode',
    ],
    writable: ['oncontextoverflow', 'onquotaoverflow'],
  },
  LanguageModelParams: { readonly: ['defaultTopK', 'maxTopK', 'defaultTemperature', 'maxTemperature'] },
  LanguageModelToolCall: { isConstructible: true, readonly: [...OF_TOOL, 'arguments'] },
  LanguageModelToolSuccess: { isConstructible: true, readonly: [...OF_TOOL, 'result'] },
  LanguageModelToolError: { isConstructible: true, readonly: [...OF_TOOL, 'errorMessage'] },
  CreateMonitor: { parent: 'EventTarget', writable: ['ondownloadprogress'] },
  Summarizer: {
    statics: CREATED,
    methods: { summarize: 1, summarizeStreaming: 1, measureInputUsage: 1, destroy: 0 },
    readonly: [...WRITING, 'type'],
  },
  Writer: {
    statics: CREATED,
    methods: { write: 1, writeStreaming: 1, measureInputUsage: 1, destroy: 0 },
    readonly: [...WRITING, 'tone'],
  },
  Rewriter: {
    statics: CREATED,
    methods: { rewrite: 1, rewriteStreaming: 1, measureInputUsage: 1, destroy: 0 },
    readonly: [...WRITING, 'tone'],
  },
  Translator: {
    statics: { create: 1, availability: 1 },
    methods: { translate: 1, translateStreaming: 1, measureInputUsage: 1, destroy: 0 },
    readonly: ['sourceLanguage', 'targetLanguage', 'inputQuota'],
  },
  LanguageDetector: {
    statics: CREATED,
    methods: { detect: 1, measureInputUsage: 1, destroy: 0 },
    readonly: ['expectedInputLanguages', 'inputQuota'],
  },
  Proofreader: {
    statics: CREATED,
    methods: { proofread: 1, destroy: 0 },
    readonly: [
      'includeCorrectionTypes',
      'includeCorrectionExplanations',
      'expectedInputLanguages',
      'correctionExplanationLanguage',
    ],
  },
};

let harness: Harness;
let page: Page;

beforeAll(async () => {
  harness = await launch({
    '/framed': {
      body: `<!doctype html><script>
        onmessage = async ({ data, source }) => {
          const said = [];
          for (const name of ['LanguageModel', 'Writer']) {
            said.push(await self[name].availability());
            said.push(await self[name].create().then(() => 'created', (error) => error.name));
          }
          source.postMessage(said, '*');
        };
      </script>`,
    },
    '/sandboxed': {
      headers: { 'content-security-policy': 'sandbox allow-scripts' },
      body: '<!doctype html><title>sandboxed</title>',
    },
    '/eager': {
      body: `<!doctype html><script>
        const name = (promise) => promise.then(() => 'created', (error) => error.name);
        (async () => console.log(await name(LanguageModel.create()), await name(Writer.create()),
          await name(LanguageDetector.create()), await LanguageModel.availability(), await LanguageDetector.availability()))();
      </script>`,
    },
  });
  page = await openAllowed(harness);
});
afterAll(() => harness?.close());

/** What a page finds of an interface. */
function found(name: string) {
  return page.evaluate((name) => {
    const made = Reflect.get(window, name);
    const describe = (holder: object, member: string) => {
      const { value, get, set, writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(
        holder,
        member,
      )!;
      const kind = value ? 'method' : set ? 'writable' : 'readonly';
      return { kind, name: (value ?? get).name, length: value?.length, writable, enumerable, configurable };
    };
    const members = (holder: object) =>
      Object.fromEntries(
        Object.getOwnPropertyNames(holder)
          .filter((member) => !hidden(holder).includes(member))
          .map((member) => [member, describe(holder, member)]),
      );
    const hidden = (holder: object) => (holder === made ? ['length', 'name', 'prototype'] : ['constructor']);
    const thrown = (work: () => unknown) => {
      try {
        work();
        return undefined;
      } catch (error) {
        return (error as Error).name;
      }
    };
    return {
      onWindow: { ...Object.getOwnPropertyDescriptor(window, name), value: typeof made },
      name: made.name,
      length: made.length,
      parent:
        Object.getPrototypeOf(made) === Function.prototype ? undefined : Object.getPrototypeOf(made).name,
      prototype: { ...Object.getOwnPropertyDescriptor(made, 'prototype'), value: undefined },
      constructor: made.prototype.constructor === made,
      tag: { ...Object.getOwnPropertyDescriptor(made.prototype, Symbol.toStringTag) },
      statics: members(made),
      members: members(made.prototype),
      withoutNew: thrown(() => made()),
      constructed: thrown(() => new made()),
      getters: Object.keys(members(made.prototype))
        .filter(
          (member) =>
            !describe(made.prototype, member).length && describe(made.prototype, member).kind !== 'method',
        )
        .map((member) => thrown(() => Reflect.get(made.prototype, member))),
    };
  }, name);
}

describe.each(Object.entries(INTERFACES))('%s', (name, { parent, isConstructible, ...wanted }) => {
  const method = (member: string, length: number) => [
    member,
    { kind: 'method', name: member, length, writable: true, enumerable: true, configurable: true },
  ];
  const attribute = (kind: string) => (member: string) => [
    member,
    {
      kind,
      name: `get ${member}`,
      length: undefined,
      writable: undefined,
      enumerable: true,
      configurable: true,
    },
  ];

  test('is as its definition says', async () => {
    const made = await found(name);
    expect(made).toMatchObject({
      onWindow: { value: 'function', writable: true, enumerable: false, configurable: true },
      name,
      prototype: { writable: false, enumerable: false, configurable: false },
      constructor: true,
      tag: { value: name, writable: false, enumerable: false, configurable: true },
      withoutNew: 'TypeError',
      constructed: 'TypeError',
    });
    expect([made.parent, made.length]).toEqual([parent, isConstructible ? 1 : 0]);
    expect(made.statics).toEqual(
      Object.fromEntries(
        Object.entries(wanted.statics ?? {}).map(([member, length]) => method(member, length)),
      ),
    );
    expect(made.members).toEqual(
      Object.fromEntries([
        ...Object.entries(wanted.methods ?? {}).map(([member, length]) => method(member, length)),
        ...(wanted.readonly ?? []).map(attribute('readonly')),
        ...(wanted.writable ?? []).map(attribute('writable')),
      ]),
    );
    if (name !== 'LanguageModelParams')
      expect(new Set(made.getters)).toEqual(made.getters.length ? new Set(['TypeError']) : new Set());
  });
});

test.each(Object.entries(INTERFACES).filter(([, { methods }]) => methods))(
  'the methods of %s refuse strangers and missing arguments',
  async (name, { methods }) => {
    const results = await page.evaluate(
      async ([name, methods]) => {
        const { prototype } = Reflect.get(window, name);
        const results = [];
        for (const [method, length] of Object.entries(methods)) {
          for (const given of length ? [[], ['x']] : [[]]) {
            try {
              const promise = prototype[method].call({}, ...given);
              results.push(
                await promise.then(
                  () => 'fine',
                  (error: Error) => error.name,
                ),
              );
            } catch (error) {
              results.push((error as Error).name);
            }
          }
        }
        return results;
      },
      [name, methods!] as const,
    );
    expect(new Set(results)).toEqual(new Set(['TypeError']));
  },
);

describe('contexts', () => {
  test('an insecure page has none of them', async () => {
    const insecure = await harness.open('http://a.test/');
    const names = await insecure.evaluate(
      (names) => names.filter((name) => name in window),
      Object.keys(INTERFACES),
    );
    expect(names).toEqual([]);
    expect(await insecure.evaluate(() => 'hearth' in window)).toBe(true);
  });

  test('nothing is created without a gesture of the user’s, but what needs no model', async () => {
    const stranger = await harness.context.newPage();
    const said = stranger.waitForEvent('console', (message) => message.type() === 'log');
    await stranger.goto(harness.url('http://stranger.localhost/eager'));
    expect((await said).text()).toBe('NotAllowedError NotAllowedError created downloadable available');
    expect(harness.prompts()).toEqual([]);

    // Whatever a test evaluates in a page counts as a gesture
    const created = stranger.evaluate(async () => typeof (await LanguageModel.create()).prompt);
    await harness.answer('Allow once');
    expect(await created).toBe('function');
    await stranger.close();
  });

  test('a site that was allowed needs none', async () => {
    await allow(harness, 'http://friend.localhost/');
    const friend = await harness.context.newPage();
    const said = friend.waitForEvent('console', (message) => message.type() === 'log');
    await friend.goto(harness.url('http://friend.localhost/eager'));
    expect((await said).text()).toBe('created created created available available');
    await friend.close();
  });

  const framed = (src: string, policy: string) =>
    page.evaluate(
      async ([src, policy]) => {
        const frame = document.createElement('iframe');
        frame.allow = policy!;
        frame.src = src!;
        const loaded = new Promise((resolve) => {
          frame.onload = resolve;
        });
        document.body.append(frame);
        await loaded;
        const answer = new Promise<unknown>((resolve) => {
          addEventListener('message', ({ data }) => resolve(data), { once: true });
        });
        frame.contentWindow!.postMessage('go', '*');
        const said = await answer;
        frame.remove();
        return said;
      },
      [src, policy],
    );

  test('a frame of the same site may use what its page may', async () => {
    expect(await framed(harness.url(`${SITE}framed`), '')).toEqual([
      ...['available', 'created'],
      ...['available', 'created'],
    ]);
  });

  test('a frame of another site may not, unless its page says so and the browser knows the policy', async () => {
    await allow(harness, 'http://b.localhost/');
    const src = harness.url('http://b.localhost/framed');
    const refused = ['unavailable', 'NotAllowedError'];
    expect(await framed(src, '')).toEqual([...refused, ...refused]);
    const knowsWriter = await page.evaluate(() =>
      (document as unknown as { featurePolicy: { features(): string[] } }).featurePolicy
        .features()
        .includes('writer'),
    );
    expect(await framed(src, 'language-model; writer')).toEqual([
      ...['available', 'created'],
      ...(knowsWriter ? ['available', 'created'] : refused),
    ]);
  });

  test('a page without an origin asks as any other, for as long as it is there', async () => {
    const sandboxed = await harness.open(`${SITE}sandboxed`);
    expect(await sandboxed.evaluate(() => self.origin)).toBe('null');
    const answer = sandboxed.evaluate(async () => (await LanguageModel.create()).prompt('hello'));
    await harness.answer('Allow once');
    expect(await answer).toMatch(/^w0 /);
    await sandboxed.close();
  });

  test('in a frame that has gone everything is refused by its own exceptions', async () => {
    const results = await page.evaluate(async () => {
      const frame = document.createElement('iframe');
      document.body.append(frame);
      const { LanguageModel, Writer, Translator, DOMException } =
        frame.contentWindow as unknown as typeof globalThis;
      const session = await LanguageModel.create();
      void session.prompt('slow').catch(() => {});
      frame.remove();
      const calls = [
        () => LanguageModel.availability(),
        () => LanguageModel.create(),
        () => Writer.availability(),
        () => Writer.create(),
        () => Translator.create({ sourceLanguage: 'en', targetLanguage: 'ja' }),
        () => session.prompt('x'),
        () => session.clone(),
      ];
      return Promise.all(
        calls.map((call) => call().catch((error: Error) => [error.name, error instanceof DOMException])),
      );
    });
    expect(results).toEqual(Array(7).fill(['InvalidStateError', true]));
  });
});
