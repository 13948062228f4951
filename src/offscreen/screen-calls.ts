import * as v from 'valibot';
import type { Client } from '../channel/connect.ts';
import { nothing, parser } from '../channel/parser.ts';
import type { Handler, Handlers } from '../channel/serve.ts';
import type { BackgroundCalls } from '../protocol/background-calls.ts';
import type { EngineCalls } from '../protocol/engine-calls.ts';
import type { CallOf } from '../protocol/frames.ts';
import {
  MAX_BUNDLE_FILES,
  MAX_BUNDLE_PATH_CHARS,
  MAX_MEASURED_DEPTH,
  MAX_MODEL_ID_CHARS,
  MAX_MODEL_PARTS,
  MAX_SHARED_FILES,
  MAX_URL_CHARS,
} from '../protocol/limits.ts';
import type { ScreenCalls } from '../protocol/screen-calls.ts';
import {
  DISK_BYTES_RANGE,
  GPU_PERCENT_RANGE,
  MEMORY_BYTES_RANGE,
  SAVED_TEXT_BYTES_RANGE,
} from '../protocol/settings.ts';
import type { Consent } from './consent.ts';
import type { Engine } from './engine.ts';
import type { Questions } from './questions.ts';
import type { Transfers } from './transfers.ts';

const ModelId = v.pipe(v.string(), v.nonEmpty(), v.maxLength(MAX_MODEL_ID_CHARS));
const OneModel = v.object({ model: ModelId });
const within = ({ min, max }: { min: number; max: number }) =>
  v.pipe(v.number(), v.minValue(min), v.maxValue(max));
const QuestionId = v.object({ question: v.string() });

const Download = v.variant('kind', [
  v.object({ kind: v.literal('catalog'), model: ModelId }),
  v.object({
    kind: v.literal('url'),
    url: v.pipe(v.string(), v.maxLength(MAX_URL_CHARS), v.url()),
    sha256: v.undefinedable(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/i))),
    isGated: v.optional(v.boolean()),
  }),
]);

const Search = v.object({
  text: v.pipe(v.string(), v.maxLength(200)),
  licence: v.undefinedable(v.pipe(v.string(), v.regex(/^[a-z0-9.-]{1,60}$/))),
  maxBytes: v.undefinedable(v.pipe(v.number(), v.minValue(1))),
});

const Sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

const AdapterName = v.pipe(v.string(), v.nonEmpty(), v.maxLength(MAX_MODEL_ID_CHARS));
const NewAdapter = v.object({
  model: ModelId,
  adapter: AdapterName,
  file: v.blob(),
  scale: v.pipe(v.number(), v.finite()),
});

const DroppedFile = v.object({
  file: v.blob(),
  name: v.string(),
  partSizes: v.optional(
    v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(1))), v.maxLength(MAX_MODEL_PARTS)),
  ),
});

const DroppedFolder = v.object({
  name: v.pipe(v.string(), v.maxLength(200)),
  files: v.pipe(
    v.array(v.object({ path: v.pipe(v.string(), v.maxLength(MAX_BUNDLE_PATH_CHARS)), file: v.blob() })),
    v.minLength(1),
    v.maxLength(MAX_BUNDLE_FILES),
  ),
});

const ProfileInput = v.object({
  model: ModelId,
  step: v.variant('kind', [
    v.object({
      kind: v.literal('answer'),
      depth: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_MEASURED_DEPTH)),
    }),
    v.object({ kind: v.literal('prompt') }),
  ]),
});

export interface ScreenCallDeps {
  engine: Engine;
  /** Of all screens. */
  transfers: Transfers;
  questions: Questions;
  consent: Consent;
  background: Client<BackgroundCalls>['call'];
  /** The screen that calls was closed. */
  closed: Promise<unknown>;
}

/** What the user's own screens may call: most of the engine's calls, and the questions. */
export function screenCalls({
  engine,
  transfers,
  questions,
  consent,
  background,
  closed,
}: ScreenCallDeps): Handlers<ScreenCalls> {
  /** With the user's token, asked for anew by every call, and kept by none. */
  const withAccess = async (input: object) => ({
    ...input,
    access: await background('hubAccess', undefined),
  });

  /** Hands a call on to the engine, part by part. */
  function passedOn<K extends keyof EngineCalls>(
    name: K,
    parse: (input: unknown) => EngineCalls[K]['input'],
    add: (input: object) => Promise<object> = async (input) => input,
  ): Handler<CallOf<EngineCalls, K>> {
    return {
      parse,
      async run(input, call) {
        const whole = await add(input as object);
        const stream = (await engine.client()).stream(name, whole as never, { signal: call.signal });
        for await (const part of stream) await call.send(part);
        return stream.output;
      },
    };
  }

  /** The same for what goes on when the screen is closed. */
  function transferred<K extends 'download' | 'importFile' | 'importFolder'>(
    name: K,
    parse: (input: unknown) => EngineCalls[K]['input'],
    add: (input: object) => Promise<object> = async (input) => input,
  ): Handler<CallOf<EngineCalls, K>> {
    return {
      parse,
      run: (input, call) =>
        transfers.run(call, async (signal) => {
          const whole = await add(input as object);
          return (await engine.client()).stream(name, whole as never, { signal });
        }) as never,
    };
  }

  return {
    watch: passedOn('watch', nothing),
    models: passedOn('models', nothing),
    load: passedOn('load', parser(OneModel)),
    unload: passedOn('unload', parser(OneModel)),
    loadAdapter: passedOn('loadAdapter', parser(NewAdapter)),
    removeAdapter: passedOn('removeAdapter', parser(v.object({ model: ModelId, adapter: AdapterName }))),
    stop: passedOn('stop', parser(v.object({ origin: v.undefinedable(v.string()) }))),
    download: transferred('download', parser(Download), withAccess),
    searchHub: passedOn('searchHub', parser(Search), withAccess),
    pin: passedOn('pin', parser(v.object({ model: ModelId, isPinned: v.boolean() }))),
    modelFile: passedOn('modelFile', parser(OneModel)),
    importFile: transferred('importFile', parser(DroppedFile)),
    importFolder: transferred('importFolder', parser(DroppedFolder)),
    remove: passedOn('remove', parser(OneModel)),
    configure: {
      parse: parser(
        v.object({
          caps: v.object({ gpuPercent: within(GPU_PERCENT_RANGE), memoryBytes: within(MEMORY_BYTES_RANGE) }),
          defaultModel: ModelId,
          diskBytes: v.optional(within(DISK_BYTES_RANGE)),
          savedTextBytes: v.optional(within(SAVED_TEXT_BYTES_RANGE)),
        }),
      ),
      run: (settings) => engine.configure(settings),
    },
    savedTexts: passedOn('savedTexts', nothing),
    forgetTexts: passedOn('forgetTexts', nothing),
    performance: passedOn('performance', nothing),
    profile: passedOn('profile', parser(ProfileInput)),
    sharedFiles: passedOn('sharedFiles', nothing),
    pinFile: passedOn('pinFile', parser(v.object({ sha256: Sha256, isPinned: v.boolean() }))),
    removeFiles: passedOn(
      'removeFiles',
      parser(v.object({ files: v.pipe(v.array(Sha256), v.maxLength(MAX_SHARED_FILES)) })),
    ),
    disownFiles: passedOn('disownFiles', parser(v.object({ origin: v.string() }))),
    question: {
      parse: parser(QuestionId),
      run({ question }) {
        void closed.then(() => questions.closed(question));
        return questions.show(question);
      },
    },
    answer: {
      parse: parser(
        v.object({ question: v.string(), answer: v.picklist(['once', 'allow', 'block', 'own', 'dismiss']) }),
      ),
      run({ question, answer }) {
        questions.answer(question, answer);
        return undefined;
      },
    },
    revoke: {
      parse: parser(v.object({ origin: v.string() })),
      run: ({ origin }) => consent.revoke(origin).then(nothing),
    },
    machine: {
      parse: nothing,
      async run() {
        const [memoryBytes, adapter] = await Promise.all([
          background('memory', undefined),
          adapterOf(engine),
        ]);
        return { memoryBytes, adapter };
      },
    },
  };
}

async function adapterOf(engine: Engine): Promise<string> {
  for await (const { adapter } of (await engine.client()).stream('watch', undefined)) return adapter;
  return '';
}
