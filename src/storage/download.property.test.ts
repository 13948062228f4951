import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FileServer, file, status } from '../../test/fakes/file-server.ts';
import { bytesOf, follower, modelBytes, request, sha256, storeOn } from '../../test/fakes/stored-models.ts';

const SIZE = 90_000;
const bytes = modelBytes(SIZE);

let server: FileServer;
beforeAll(async () => {
  server = await FileServer.start();
});
afterAll(() => server.stop());

const position = fc.nat(SIZE);
const trouble = fc.oneof(
  fc.record({
    kind: fc.constant('cut' as const),
    at: position,
    ranges: fc.boolean(),
    isSizeHidden: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('status' as const), code: fc.constantFrom(401, 404, 429, 500, 503) }),
  fc.record({ kind: fc.constant('full' as const), at: position }),
  fc.record({ kind: fc.constant('crash' as const) }),
);

test('whatever happens in whatever order, no byte that has come is lost and the file is whole in the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(trouble, { maxLength: 6 }), fc.boolean(), async (troubles, hasHash) => {
      let fixture = await storeOn();
      const wanted = request(server.url(), hasHash ? { sha256: sha256(bytes) } : {});
      const stored = () => fixture.store.get('tiny')?.storedBytes ?? 0;

      for (const happening of troubles) {
        const before = stored();
        fixture.directory.capacityBytes = happening.kind === 'full' ? happening.at : Number.POSITIVE_INFINITY;
        if (happening.kind === 'crash') {
          fixture = await storeOn(fixture.directory.afterCrash());
        } else {
          const { at, ...options } = happening.kind === 'cut' ? happening : { at: undefined };
          server.answer(
            happening.kind === 'status' ? status(happening.code) : file(bytes, { ...options, cutAt: at }),
          );
          await fixture.store.download(wanted, follower()).catch(() => {});
        }
        // A full disk takes a little back for the record of what is kept
        expect(stored()).toBeGreaterThanOrEqual(happening.kind === 'full' ? before - 16_384 : before);
      }

      fixture.directory.capacityBytes = Number.POSITIVE_INFINITY;
      server.answer(file(bytes));
      await fixture.store.download(wanted, follower());
      expect(sha256(await bytesOf(fixture.store, 'tiny'))).toBe(sha256(bytes));
    }),
    { numRuns: 60, seed: 20_261_120 },
  );
}, 30_000);
