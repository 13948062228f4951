import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FileServer, file, status } from '../../test/fakes/file-server.ts';
import { MemoryDirectory } from '../../test/fakes/memory-directory.ts';
import { bytesOf, follower, modelBytes, request, sha256, storeOn } from '../../test/fakes/stored-models.ts';
import { FakeTime } from '../../test/fakes/time.ts';
import { HearthError } from '../protocol/errors.ts';
import { STALL_MS } from './fetch-into.ts';

const SIZE = 300_000;
const HALF = SIZE / 2;
const bytes = modelBytes(SIZE);
const newBytes = modelBytes(SIZE, 2);

let server: FileServer;
beforeAll(async () => {
  server = await FileServer.start();
});
afterAll(() => server.stop());

/** What somebody who asks gets: the model or the error. */
async function outcome(work: Promise<unknown>): Promise<{ code?: string; message: string }> {
  return work.then(
    () => ({ message: 'it worked' }),
    (error) => ({ code: error.code, message: error.message }),
  );
}

/** The waits between attempts: neither those that let others through nor the watch over a silent server. */
function backoffs(time: FakeTime): number[] {
  return time.waits.filter((ms) => ms > 0 && ms < STALL_MS);
}

describe('a download', () => {
  test('brings every byte, checks the hash and reports progress', async () => {
    const { store } = await storeOn();
    const me = follower();
    server.answer(file(bytes));
    const model = await store.download(request(server.url(), { sizeBytes: SIZE, sha256: sha256(bytes) }), me);

    expect(model).toMatchObject({ state: 'ready', storedBytes: SIZE, sha256: sha256(bytes) });
    expect(sha256(await bytesOf(store, 'tiny'))).toBe(sha256(bytes));
    expect(me.parts.at(-1)).toMatchObject({ receivedBytes: SIZE, sizeBytes: SIZE, phase: 'downloading' });
  });

  test('measures the hash where nobody has promised one', async () => {
    const { store } = await storeOn();
    server.answer(file(bytes));
    expect((await store.download(request(server.url()), follower())).sha256).toBe(sha256(bytes));
  });

  test('follows redirects and asks the first address again for the rest', async () => {
    const { store } = await storeOn();
    const elsewhere = status(302, { Location: '/elsewhere' });
    server.answer(elsewhere, file(bytes, { cutAt: HALF }), elsewhere, file(bytes));
    await store.download(request(server.url()), follower());

    expect(sha256(await bytesOf(store, 'tiny'))).toBe(sha256(bytes));
    expect(server.requests.map(({ path }) => path)).toEqual([
      '/model.gguf',
      '/elsewhere',
      '/model.gguf',
      '/elsewhere',
    ]);
  });

  test('needs no size from the server', async () => {
    const { store } = await storeOn();
    server.answer(file(bytes, { isSizeHidden: true, ranges: false }));
    await store.download(request(server.url()), follower());
    expect(sha256(await bytesOf(store, 'tiny'))).toBe(sha256(bytes));
  });

  test('that is done is not done again', async () => {
    const { store } = await storeOn();
    server.answer(file(bytes));
    await store.download(request(server.url()), follower());
    await store.download(request(server.url()), follower());
    expect(server.requests).toHaveLength(1);
  });
});

describe('when the connection breaks', () => {
  test('the download goes on behind what has come', async () => {
    const { store } = await storeOn();
    server.answer(file(bytes, { cutAt: HALF }), file(bytes));
    await store.download(request(server.url()), follower());

    expect(sha256(await bytesOf(store, 'tiny'))).toBe(sha256(bytes));
    expect(server.ranges).toEqual(['bytes=0-', `bytes=${HALF}-`]);
  });

  test('again and again at 50 %, it gives up with a sentence and goes on from there later', async () => {
    const { store, time } = await storeOn();
    server.answer(file(bytes, { cutAt: HALF }));
    const { code, message } = await outcome(store.download(request(server.url()), follower()));

    expect(code).toBe('offline');
    expect(message).toMatch(/The connection to 127.* The download goes on from 50 % when you start it again/);
    expect(backoffs(time)).toEqual([1000, 2000, 4000, 8000, 16_000]);
    expect(store.get('tiny')).toMatchObject({ state: 'paused', storedBytes: HALF, sizeBytes: SIZE });

    server.answer(file(bytes));
    await store.download(request(server.url()), follower());
    expect(sha256(await bytesOf(store, 'tiny'))).toBe(sha256(bytes));
    expect(server.ranges).toEqual([`bytes=${HALF}-`]);
  });

  test('a new start of the browser goes on from what the disk holds', async () => {
    const before = await storeOn();
    server.answer(file(bytes, { cutAt: HALF }));
    await outcome(before.store.download(request(server.url()), follower()));

    const { store } = await storeOn(before.directory.afterCrash());
    expect(store.get('tiny')).toMatchObject({ state: 'paused', storedBytes: HALF });
    server.answer(file(bytes));
    const me = follower();
    await store.download(request(server.url(), { sha256: sha256(bytes) }), me);
    expect(sha256(await bytesOf(store, 'tiny'))).toBe(sha256(bytes));
    expect(server.ranges).toEqual([`bytes=${HALF}-`]);
    expect(me.parts[0]).toMatchObject({ phase: 'verifying', receivedBytes: HALF, sizeBytes: SIZE });
  });

  test('a server without ranges sends all again, and nothing that was here is lost', async () => {
    const { store } = await storeOn();
    const ranges = false;
    server.answer(file(bytes, { ranges, cutAt: HALF }), file(bytes, { ranges, cutAt: HALF / 2 }));
    await outcome(store.download(request(server.url()), follower()));
    expect(store.get('tiny')).toMatchObject({ state: 'paused', storedBytes: HALF });

    server.answer(file(bytes, { ranges }));
    await store.download(request(server.url()), follower());
    expect(sha256(await bytesOf(store, 'tiny'))).toBe(sha256(bytes));
  });

  test('a server that promises more bytes than it has is found out, and what came is kept', async () => {
    const { store } = await storeOn();
    server.answer(file(bytes, { lie: 10 }));
    const { code } = await outcome(store.download(request(server.url()), follower()));
    expect(code).toBe('offline');
    expect(store.get('tiny')).toMatchObject({ state: 'paused', storedBytes: SIZE });
  });

  test('a server that falls silent is asked again after a minute', async () => {
    const { store, time } = await storeOn();
    server.answer(file(bytes, { stallAt: HALF }), file(bytes));
    const me = follower();
    let halfCame = () => {};
    const half = new Promise<void>((resolve) => (halfCame = resolve));
    const done = store.download(request(server.url()), {
      signal: me.signal,
      onProgress: () => {
        if (store.get('tiny')!.storedBytes === HALF) halfCame();
        time.pass(100);
      },
    });
    await half;
    // The first minute brought bytes, the second none
    for (let minute = 0; minute < 2; minute++) {
      time.pass(STALL_MS);
      await new Promise(setImmediate);
    }
    await done;
    expect(sha256(await bytesOf(store, 'tiny'))).toBe(sha256(bytes));
    expect(server.ranges).toEqual(['bytes=0-', `bytes=${HALF}-`]);
  });

  /** An address where nobody listens. */
  async function nowhere(): Promise<URL> {
    const gone = await FileServer.start();
    const url = gone.url();
    await gone.stop();
    return url;
  }

  test('a computer that knows to be offline says so at once', async () => {
    const { store, time, directory } = await storeOn(undefined, { isOnline: () => false });
    expect(await outcome(store.download(request(await nowhere()), follower()))).toEqual({
      code: 'offline',
      message:
        'This computer is offline. Check the connection and the address, then start the download again.',
    });
    expect(backoffs(time)).toEqual([]);
    expect(await directory.list()).toEqual([]);
  });

  test('a server that is not there is tried three times', async () => {
    const { store, time, directory } = await storeOn();
    const url = await nowhere();
    const { code, message } = await outcome(store.download(request(url), follower()));
    expect(code).toBe('offline');
    expect(message).toBe(
      `The connection to ${url.host} failed. Check the connection and the address, then start the download again.`,
    );
    expect(backoffs(time)).toEqual([1000, 2000]);
    expect(store.list()).toEqual([]);
    expect(await directory.list()).toEqual([]);
  });
});

describe('when the server answers otherwise', () => {
  test.each([
    { code: 401, error: 'not-allowed', says: /wants a login.*accept the model's terms/ },
    { code: 403, error: 'not-allowed', says: /wants a login/ },
    { code: 404, error: 'not-found', says: /has no such file \(HTTP 404\)/ },
    { code: 410, error: 'not-found', says: /has no such file/ },
    { code: 400, error: 'bad-input', says: /refused to send the file \(HTTP 400\)/ },
  ])('HTTP $code is $error, and nothing stays behind', async ({ code, error, says }) => {
    const { store, directory } = await storeOn();
    server.answer(status(code));
    const failure = await outcome(store.download(request(server.url()), follower()));
    expect(failure.code).toBe(error);
    expect(failure.message).toMatch(says);
    expect(store.list()).toEqual([]);
    expect(await directory.list()).toEqual([]);
  });

  test.each([401, 404, 500])('HTTP %i in the middle keeps what has come', async (code) => {
    const { store } = await storeOn();
    server.answer(file(bytes, { cutAt: HALF }), status(code));
    await outcome(store.download(request(server.url()), follower()));
    expect(store.get('tiny')).toMatchObject({ state: 'paused', storedBytes: HALF });
    server.answer(file(bytes));
    await store.download(request(server.url()), follower());
    expect(sha256(await bytesOf(store, 'tiny'))).toBe(sha256(bytes));
  });

  test('HTTP 500 passes, and a server that says when to come back is heard', async () => {
    const { store, time } = await storeOn();
    server.answer(status(500), status(503, { 'Retry-After': '7' }), file(bytes));
    await store.download(request(server.url()), follower());
    expect(sha256(await bytesOf(store, 'tiny'))).toBe(sha256(bytes));
    expect(backoffs(time)).toEqual([1000, 7000]);
  });

  test('a web page is not taken for a model, nor for the rest of one', async () => {
    const { store } = await storeOn();
    const page = file(bytes, { headers: { 'Content-Type': 'text/html; charset=utf-8' } });
    server.answer(page);
    const { code, message } = await outcome(store.download(request(server.url()), follower()));
    expect(code).toBe('bad-model');
    expect(message).toMatch(/sent a web page instead of a file/);
    expect(store.list()).toEqual([]);

    server.answer(file(bytes, { cutAt: HALF }), page);
    await outcome(store.download(request(server.url()), follower()));
    expect(store.get('tiny')).toMatchObject({ state: 'paused', storedBytes: HALF });
  });

  test('the rest of a file that is whole already is not missed', async () => {
    const { store } = await storeOn();
    server.answer(file(bytes, { isSizeHidden: true, cutAt: SIZE }), file(bytes, { isSizeHidden: true }));
    await store.download(request(server.url()), follower());
    expect(sha256(await bytesOf(store, 'tiny'))).toBe(sha256(bytes));
    expect(server.ranges).toEqual(['bytes=0-', `bytes=${SIZE}-`]);
  });
});

describe('when the file changes on the server', () => {
  test('another ETag begins it anew', async () => {
    const { store } = await storeOn();
    server.answer(file(bytes, { cutAt: HALF, etag: '"1"' }), file(newBytes, { etag: '"2"' }));
    await store.download(request(server.url()), follower());
    expect(sha256(await bytesOf(store, 'tiny'))).toBe(sha256(newBytes));
    expect(server.ranges).toEqual(['bytes=0-', `bytes=${HALF}-`, 'bytes=0-']);
  });

  test('another ETag from a server without ranges begins it anew in one go', async () => {
    const { store } = await storeOn();
    server.answer(file(bytes, { cutAt: HALF, etag: '"1"' }), file(newBytes, { etag: '"2"', ranges: false }));
    await store.download(request(server.url()), follower());
    expect(sha256(await bytesOf(store, 'tiny'))).toBe(sha256(newBytes));
    expect(server.requests).toHaveLength(2);
  });

  test('the date serves where there is no strong ETag', async () => {
    const { store } = await storeOn();
    const [monday, tuesday] = ['Mon, 02 Nov 2026 08:00:00 GMT', 'Tue, 03 Nov 2026 08:00:00 GMT'];
    server.answer(
      file(bytes, { cutAt: HALF, etag: 'W/"1"', lastModified: monday }),
      file(bytes, { cutAt: HALF + 10_000, etag: 'W/"1"', lastModified: monday }),
      file(newBytes, { etag: 'W/"1"', lastModified: tuesday }),
    );
    await store.download(request(server.url()), follower());
    expect(sha256(await bytesOf(store, 'tiny'))).toBe(sha256(newBytes));
    expect(server.ranges).toEqual(['bytes=0-', `bytes=${HALF}-`, `bytes=${HALF + 10_000}-`, 'bytes=0-']);
  });

  test('a server that tells nothing is not trusted to go on, unless a hash will tell', async () => {
    const { store } = await storeOn();
    const silent = { etag: 'W/"1"' };
    server.answer(file(bytes, { ...silent, cutAt: HALF }), file(bytes, silent));
    await store.download(request(server.url()), follower());
    expect(server.ranges).toEqual(['bytes=0-', `bytes=${HALF}-`, 'bytes=0-']);
    expect(sha256(await bytesOf(store, 'tiny'))).toBe(sha256(bytes));

    const other = await storeOn();
    server.answer(file(bytes, { ...silent, cutAt: HALF }), file(bytes, silent));
    await other.store.download(request(server.url(), { sha256: sha256(bytes) }), follower());
    expect(server.ranges).toEqual(['bytes=0-', `bytes=${HALF}-`]);
    expect(sha256(await bytesOf(other.store, 'tiny'))).toBe(sha256(bytes));
  });

  test('a server that tells nothing and breaks off again and again is given up with another way', async () => {
    const { store } = await storeOn();
    server.answer(file(bytes, { etag: 'W/"1"', cutAt: HALF }));
    const { code, message } = await outcome(store.download(request(server.url()), follower()));
    expect(code).toBe('offline');
    expect(message).toMatch(/does not let a download go on\. Download the file with your browser/);
  });

  test('a shorter file than what is here begins anew', async () => {
    const { store } = await storeOn();
    const short = modelBytes(1000);
    server.answer(file(bytes, { cutAt: HALF }), file(short, { etag: '"2"' }));
    await store.download(request(server.url()), follower());
    expect(sha256(await bytesOf(store, 'tiny'))).toBe(sha256(short));
  });

  test('a server whose file changes with every answer is given up', async () => {
    const { store } = await storeOn();
    let version = 0;
    server.answer((incoming, response) =>
      file(bytes, { cutAt: HALF, etag: `"${++version}"` })(incoming, response),
    );
    const { code, message } = await outcome(store.download(request(server.url()), follower()));
    expect(code).toBe('bad-model');
    expect(message).toMatch(/changes while it is downloaded/);
  });
});

describe('a file that is not what was wanted', () => {
  test('a wrong hash is named and the file removed', async () => {
    const { store, directory } = await storeOn();
    server.answer(file(newBytes));
    const { code, message } = await outcome(
      store.download(request(server.url(), { sha256: sha256(bytes) }), follower()),
    );
    expect(code).toBe('bad-model');
    expect(message).toContain(`its SHA-256 is ${sha256(newBytes)}, but ${sha256(bytes)} was promised`);
    expect(store.list()).toEqual([]);
    expect(await directory.list()).toEqual([]);
  });

  test('a wrong size is refused before a byte is written', async () => {
    const { store, directory } = await storeOn();
    server.answer(file(bytes));
    const { code, message } = await outcome(
      store.download(request(server.url(), { sizeBytes: SIZE + 1 }), follower()),
    );
    expect(code).toBe('bad-model');
    expect(message).toContain(`offers a file of ${SIZE} bytes where one of ${SIZE + 1} was promised`);
    expect(await directory.list()).toEqual([]);
  });

  test('more bytes than promised are not taken', async () => {
    const { store } = await storeOn();
    server.answer(file(bytes, { isSizeHidden: true, ranges: false }));
    const { code, message } = await outcome(
      store.download(request(server.url(), { sizeBytes: HALF }), follower()),
    );
    expect(code).toBe('bad-model');
    expect(message).toMatch(/sends more than the 150000 bytes/);
  });

  test.each([
    {
      why: 'no GGUF',
      start: [0x50, 0x4b, 3, 4, 0, 0, 0, 0],
      code: 'bad-model',
      says: /not a GGUF model file/,
    },
    {
      why: 'version 1',
      start: [0x47, 0x47, 0x55, 0x46, 1, 0, 0, 0],
      code: 'unsupported-model',
      says: /version 1/,
    },
    {
      why: 'big-endian',
      start: [0x47, 0x47, 0x55, 0x46, 0, 0, 0, 3],
      code: 'unsupported-model',
      says: /big-endian/,
    },
  ])('$why is seen at the first bytes', async ({ start, code, says }) => {
    const { store, directory } = await storeOn();
    const other = bytes.slice();
    other.set(start);
    // The rest never comes: whoever waits for it waits for ever
    server.answer(file(other, { stallAt: 100 }));
    const failure = await outcome(store.download(request(server.url()), follower()));
    expect(failure.code).toBe(code);
    expect(failure.message).toMatch(says);
    expect(await directory.list()).toEqual([]);
  });

  test('five bytes are no model', async () => {
    const { store, directory } = await storeOn();
    server.answer(file(bytes.slice(0, 5)));
    expect((await outcome(store.download(request(server.url()), follower()))).code).toBe('bad-model');
    expect(await directory.list()).toEqual([]);
  });

  test('an empty file says so', async () => {
    const { store } = await storeOn();
    server.answer(file(new Uint8Array(0)));
    expect((await outcome(store.download(request(server.url()), follower()))).message).toMatch(/is empty/);
  });

  test("the engine's word comes while the file does, and ends the download", async () => {
    const { store, directory } = await storeOn(undefined, {
      async check(source) {
        expect(source.size).toBe(SIZE);
        expect(await source.read(1000, 2000)).toEqual(bytes.slice(1000, 3000));
        throw new HearthError('unsupported-model', 'Hearth cannot run the architecture "mamba".');
      },
    });
    server.answer(file(bytes, { stallAt: HALF }));
    const failure = await outcome(store.download(request(server.url()), follower()));
    expect(failure).toEqual({
      code: 'unsupported-model',
      message: 'Hearth cannot run the architecture "mamba".',
    });
    expect(await directory.list()).toEqual([]);
  });

  test("the engine's word reaches whoever waits, even between two attempts", async () => {
    const { store } = await storeOn(undefined, {
      async check(source) {
        await source.read(0, HALF);
        // Until after the connection has broken
        for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
        throw new HearthError('unsupported-model', 'No.');
      },
      time: new FakeTime(0),
    });
    server.answer(file(bytes, { cutAt: HALF }));
    const failure = await outcome(store.download(request(server.url()), follower()));
    expect(failure).toEqual({ code: 'unsupported-model', message: 'No.' });
  });

  test('an accident in the check keeps the file for another try', async () => {
    let isBroken = true;
    const { store } = await storeOn(undefined, {
      async check() {
        if (isBroken) throw new TypeError('x is not a function');
        return { contextLength: 2048 };
      },
    });
    server.answer(file(bytes));
    await expect(store.download(request(server.url()), follower())).rejects.toThrow(TypeError);
    expect(store.get('tiny')).toMatchObject({ state: 'paused', storedBytes: SIZE });

    isBroken = false;
    const model = await store.download(request(server.url()), follower());
    expect(model).toMatchObject({ state: 'ready', facts: { contextLength: 2048 } });
    expect(server.requests).toHaveLength(1);
  });

  test('a file that begins anew is checked anew', async () => {
    const seen: number[] = [];
    const { store } = await storeOn(undefined, {
      async check(source) {
        seen.push((await source.read(SIZE - 1, 1))[0]!);
        return {};
      },
    });
    server.answer(file(bytes, { cutAt: HALF, etag: '"1"' }), file(newBytes, { etag: '"2"' }));
    await store.download(request(server.url()), follower());
    expect(seen).toEqual([newBytes[SIZE - 1]]);
  });
});

describe('when the disk is full', () => {
  test('a download that cannot fit is refused before it starts', async () => {
    const directory = new MemoryDirectory();
    const { store } = await storeOn(directory, {
      estimate: async () => ({ usage: directory.usedBytes, quota: HALF }),
    });
    server.answer(file(bytes));
    const { code, message } = await outcome(store.download(request(server.url()), follower()));
    expect(code).toBe('quota');
    expect(message).toMatch(
      /^Tiny needs 293 KB more on this disk and only \d+ KB are free for Hearth\. Free space/,
    );
    expect(await directory.list()).toEqual([]);
  });

  test('at 50 %, what has come is kept and goes on when there is room', async () => {
    const directory = new MemoryDirectory();
    const { store } = await storeOn(directory);
    server.answer(file(modelBytes(1000, 5)));
    await store.download(request(server.url(), { id: 'old', name: 'Old' }), follower());

    directory.capacityBytes = HALF;
    server.answer(file(bytes));
    const { code, message } = await outcome(store.download(request(server.url()), follower()));
    expect(code).toBe('quota');
    const { storedBytes } = store.get('tiny')!;
    expect(storedBytes).toBeGreaterThan(HALF / 2);
    expect(message).toMatch(/^The disk has no room for the rest of Tiny\. Free space on the disk/);
    const percent = Math.floor((100 * storedBytes) / SIZE);
    expect(message).toContain(`(Old, 1 KB, was not used for the longest time)`);
    expect(message).toContain(`What has come (${percent} %) is kept.`);

    directory.capacityBytes = Number.POSITIVE_INFINITY;
    // Even if the browser is closed in between
    const next = await storeOn(directory.afterCrash());
    server.answer(file(bytes));
    await next.store.download(request(server.url()), follower());
    expect(server.ranges).toEqual([`bytes=${storedBytes}-`]);
    expect(sha256(await bytesOf(next.store, 'tiny'))).toBe(sha256(bytes));
  });

  test('two downloads do not count on the same free bytes', async () => {
    const directory = new MemoryDirectory();
    const { store } = await storeOn(directory, {
      estimate: async () => ({ usage: 0, quota: SIZE + HALF }),
    });
    server.answer(file(bytes, { stallAt: 100_000 }), file(bytes));
    const first = follower();
    let begun = () => {};
    const hasBegun = new Promise<void>((resolve) => (begun = resolve));
    const one = outcome(store.download(request(server.url()), { ...first, onProgress: () => begun() }));
    await hasBegun;
    const two = await outcome(
      store.download(request(server.url(), { id: 'other', name: 'Other' }), follower()),
    );
    expect(two.code).toBe('quota');
    first.leave();
    expect((await one).code).toBe('cancelled');
  });
});

describe('pausing and sharing', () => {
  /** A download whose server has sent half and waits. */
  async function halfWay() {
    const fixture = await storeOn();
    server.answer(file(bytes, { stallAt: HALF }), file(bytes));
    const me = follower();
    let came = () => {};
    const half = new Promise<void>((resolve) => (came = resolve));
    const onProgress = () => {
      // More parts than ten a second, so that the last one is not left out
      fixture.time.pass(100);
      if (fixture.store.get('tiny')!.storedBytes === HALF) came();
    };
    const done = fixture.store.download(request(server.url()), { ...me, onProgress });
    await half;
    return { ...fixture, me, done };
  }

  test('cancelling pauses: what has come stays, and a later call goes on', async () => {
    const { store, me, done } = await halfWay();
    expect(store.get('tiny')!.state).toBe('downloading');
    me.leave();
    expect((await outcome(done)).code).toBe('cancelled');
    expect(store.get('tiny')).toMatchObject({ state: 'paused', storedBytes: HALF });

    await store.download(request(server.url()), follower());
    expect(server.ranges).toEqual(['bytes=0-', `bytes=${HALF}-`]);
    expect(sha256(await bytesOf(store, 'tiny'))).toBe(sha256(bytes));
  });

  test('a call that comes while another is pausing goes on after it', async () => {
    const { store, me, done } = await halfWay();
    me.leave();
    const [paused, model] = await Promise.all([
      outcome(done),
      store.download(request(server.url()), follower()),
    ]);
    expect(paused.code).toBe('cancelled');
    expect(model.state).toBe('ready');
    expect(sha256(await bytesOf(store, 'tiny'))).toBe(sha256(bytes));
  });

  test('two who want one model share one download; it pauses when both have left', async () => {
    const { store, me, done } = await halfWay();
    const you = follower();
    const yours = outcome(store.download(request(server.url()), you));
    expect(you.parts).toHaveLength(1);

    me.leave();
    expect((await outcome(done)).code).toBe('cancelled');
    expect(store.get('tiny')!.state).toBe('downloading');
    you.leave();
    expect((await yours).code).toBe('cancelled');
    expect(store.get('tiny')!.state).toBe('paused');
    expect(server.requests).toHaveLength(1);
  });

  test('a signal that is aborted before the call begins nothing that stays', async () => {
    const { store, directory } = await storeOn();
    server.answer(file(bytes));
    const me = follower();
    me.leave();
    expect((await outcome(store.download(request(server.url()), me))).code).toBe('cancelled');
    expect(store.list()).toEqual([]);
    expect(await directory.list()).toEqual([]);
  });

  test('removing stops the download and leaves nothing', async () => {
    const { store, directory, done } = await halfWay();
    const failed = outcome(done);
    await store.remove('tiny');
    expect((await failed).code).toBe('cancelled');
    expect(store.list()).toEqual([]);
    expect(await directory.list()).toEqual([]);
  });

  test('a crash in the middle costs no more than what came since the last checkpoint', async () => {
    const { directory, time, store } = await storeOn();
    // Every part of the body comes at another checkpoint
    server.answer(file(bytes, { stallAt: HALF }));
    let came = () => {};
    const half = new Promise<void>((resolve) => (came = resolve));
    const me = follower();
    const done = outcome(
      store.download(request(server.url()), {
        ...me,
        onProgress: () => {
          time.pass(5000);
          if (store.get('tiny')!.storedBytes === HALF) came();
        },
      }),
    );
    await half;
    await new Promise(setImmediate);
    const after = await storeOn(directory.afterCrash());
    const { state, storedBytes } = after.store.get('tiny')!;
    expect(state).toBe('paused');
    expect(storedBytes).toBeGreaterThan(0);

    server.answer(file(bytes));
    await after.store.download(request(server.url()), follower());
    expect(sha256(await bytesOf(after.store, 'tiny'))).toBe(sha256(bytes));
    expect(server.ranges).toEqual([`bytes=${storedBytes}-`]);
    me.leave();
    await done;
  });
});
