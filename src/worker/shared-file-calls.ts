import type { Handlers } from '../channel/serve.ts';
import { HearthError } from '../protocol/errors.ts';
import type { FromOrigin, SharedFileCalls, SharedFileKeeping } from '../protocol/shared-files.ts';
import type { ModelLibrary } from '../storage/model-library.ts';
import type { SharedFiles } from '../storage/shared-files.ts';
import { trusted } from './trusted.ts';

/** The files that sites share. Models that anybody could download are found among them. */
export function sharedFileCalls(
  files: Promise<SharedFiles>,
  opening: Promise<Pick<ModelLibrary, 'publicFile'>>,
): Handlers<FromOrigin<SharedFileCalls> & SharedFileKeeping> {
  return {
    findFile: {
      parse: trusted,
      async run({ origin, sha256 }) {
        const shared = await (await files).find(origin, sha256);
        const blob = shared ?? (await (await opening).publicFile(sha256));
        if (blob) return blob;
        throw new HearthError(
          'not-found',
          'This site finds no file of that hash here. Fetch it from the network.',
        );
      },
    },
    beginFile: {
      parse: trusted,
      run: async ({ origin, sha256, readers }) => ({
        write: await (await files).begin(origin, sha256, readers),
      }),
    },
    writeFile: {
      parse: trusted,
      run: async ({ origin, write, at, bytes }) =>
        void (await (await files).write(origin, write, at, new Uint8Array(bytes))),
    },
    truncateFile: {
      parse: trusted,
      run: async ({ origin, write, sizeBytes }) =>
        void (await (await files).truncate(origin, write, sizeBytes)),
    },
    finishFile: {
      parse: trusted,
      run: async ({ origin, write }) => void (await (await files).finish(origin, write)),
    },
    abortFile: {
      parse: trusted,
      run: async ({ origin, write }) => void (await (await files).abort(origin, write)),
    },
    sharedFiles: {
      parse: trusted,
      run: async () =>
        (await files).list().map(({ sha256, sizeBytes, owners, isPinned, lastUsedAt }) => ({
          sha256,
          sizeBytes,
          owners,
          isPinned,
          lastUsedAt,
        })),
    },
    pinFile: {
      parse: trusted,
      run: async ({ sha256, isPinned }) => void (await (await files).pin(sha256, isPinned)),
    },
    removeFiles: {
      parse: trusted,
      async run(input) {
        for (const sha256 of input.files) await (await files).remove(sha256);
        return undefined;
      },
    },
    disownFiles: {
      parse: trusted,
      run: async ({ origin }) => void (await (await files).disown(origin)),
    },
  };
}
