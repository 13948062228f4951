import * as v from 'valibot';
import { nothing, parser } from '../channel/parser.ts';
import type { Handlers } from '../channel/serve.ts';
import { MAX_FILE_CHUNK_BYTES, MAX_SHARED_BYTES_PER_ORIGIN, MAX_SHARED_ORIGINS } from '../protocol/limits.ts';
import type { PageCalls } from '../protocol/page-calls.ts';
import type { SharedFileCalls } from '../protocol/shared-files.ts';
import type { Consent } from './consent.ts';
import type { Engine } from './engine.ts';
import type { Page } from './page.ts';

export interface SharedFileDeps {
  page: Page;
  consent: Consent;
  engine: Engine;
  /** The page has gone. */
  closed: Promise<unknown>;
}

const Sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const Bytes = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_SHARED_BYTES_PER_ORIGIN));
const Write = v.pipe(v.string(), v.maxLength(100));
const Origin = v.pipe(
  v.string(),
  v.maxLength(300),
  v.check((text) => URL.canParse(text) && new URL(text).origin !== 'null', 'an origin was expected'),
  v.transform((text) => new URL(text).origin),
);
const Chunk = v.pipe(
  v.instance(ArrayBuffer),
  v.check(
    ({ byteLength }) => byteLength <= MAX_FILE_CHUNK_BYTES,
    `at most ${MAX_FILE_CHUNK_BYTES} bytes at once`,
  ),
);

/** `navigator.crossOriginStorage` of one page. */
export function sharedFileCalls({
  page,
  consent,
  engine,
  closed,
}: SharedFileDeps): Handlers<SharedFileCalls & Pick<PageCalls, 'shareFiles'>> {
  const open = new Set<string>();
  const { origin } = page;

  /** A call on the engine, for a page that the user lets use shared files. */
  async function ask<K extends keyof SharedFileCalls>(
    name: K,
    input: SharedFileCalls[K]['input'],
    signal: AbortSignal,
  ): Promise<SharedFileCalls[K]['output']> {
    await consent.needFiles(page, signal);
    const client = await engine.client();
    return client.call(name, { ...input, origin } as never, { signal }) as never;
  }

  // What a page that has gone was writing will never be whole
  void closed.then(async () => {
    const client = open.size > 0 ? await engine.client() : undefined;
    for (const write of open) client?.call('abortFile', { write, origin }).catch(() => {});
  });

  return {
    shareFiles: { parse: nothing, run: (_, { signal }) => consent.needFiles(page, signal).then(nothing) },
    findFile: {
      parse: parser(v.object({ sha256: Sha256 })),
      run: (input, { signal }) => ask('findFile', input, signal),
    },
    beginFile: {
      parse: parser(
        v.object({
          sha256: Sha256,
          readers: v.union([v.literal('*'), v.pipe(v.array(Origin), v.maxLength(MAX_SHARED_ORIGINS))]),
        }),
      ),
      async run(input, { signal }) {
        const begun = await ask('beginFile', input, signal);
        open.add(begun.write);
        return begun;
      },
    },
    writeFile: {
      parse: parser(v.object({ write: Write, at: Bytes, bytes: Chunk })),
      run: (input, { signal }) => ask('writeFile', input, signal),
    },
    truncateFile: {
      parse: parser(v.object({ write: Write, sizeBytes: Bytes })),
      run: (input, { signal }) => ask('truncateFile', input, signal),
    },
    finishFile: {
      parse: parser(v.object({ write: Write })),
      run(input, { signal }) {
        open.delete(input.write);
        return ask('finishFile', input, signal);
      },
    },
    abortFile: {
      parse: parser(v.object({ write: Write })),
      run(input, { signal }) {
        open.delete(input.write);
        return ask('abortFile', input, signal);
      },
    },
  };
}
