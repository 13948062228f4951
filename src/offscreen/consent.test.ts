import { expect, test, vi } from 'vitest';
import type { SiteConsent } from '../protocol/background-calls.ts';
import { MAX_PAGES_PER_ORIGIN } from '../protocol/limits.ts';
import type { ModelInfo } from '../protocol/models.ts';
import type { Answer, Question } from '../protocol/screen-calls.ts';
import { Consent, type ConsentDeps } from './consent.ts';
import { newPage } from './page.ts';
import { Questions } from './questions.ts';

const never = new AbortController().signal;
const info = (id: string, state: ModelInfo['state'] = 'ready') =>
  ({ id, name: id.toUpperCase(), state, sizeBytes: 7, licence: 'MIT' }) as ModelInfo;

/** A user who answers with `answers`, one after the other, and a background that remembers. */
function open(...answers: Answer[]) {
  const sites = new Map<string, SiteConsent>();
  const asked: Question[] = [];
  const download = vi.fn(async () => {});
  const stop = vi.fn(async () => {});
  const background = (async (
    name: string,
    input: { origin: string; models: string[]; decision: 'allow' },
  ) => {
    if (name === 'consent') return sites.get(input.origin);
    const models = [...(sites.get(input.origin)?.models ?? []), ...input.models];
    sites.set(input.origin, { ...input, models: input.decision === 'allow' ? models : [], decidedAt: 0 });
  }) as unknown as ConsentDeps['background'];

  let lastId = 0;
  const questions: Questions = new Questions({
    openPrompt: async (id) => {
      asked.push(questions.show(id));
      const answer = answers.shift();
      if (answer) queueMicrotask(() => questions.answer(id, answer));
    },
    closePrompt: async () => {},
    wait: () => new Promise(() => {}),
    newId: () => `${++lastId}`,
  });
  const consent = new Consent({
    background,
    questions,
    models: async () => [info('default'), info('other'), info('far', 'available')],
    download,
    defaultModel: async () => 'default',
    stop,
  });
  const join = (origin: string) => {
    const page = newPage(origin);
    consent.join(page);
    return page;
  };
  return { consent, join, asked, sites, download, stop };
}

test('a page may use nothing before the user has said yes', async () => {
  const { consent, join, asked } = open();
  expect(await consent.models(join('http://a'))).toBeUndefined();
  expect(asked).toEqual([]);
});

test('the question names the models with their sizes, and an unknown one by its id alone', async () => {
  const { consent, join, asked } = open('block');
  await expect(consent.need(join('http://a'), ['far', 'secret'], never)).rejects.toMatchObject({
    code: 'not-allowed',
  });
  expect(asked).toEqual([
    {
      origin: 'http://a',
      isRemembered: true,
      hasOwn: false,
      wants: 'models',
      models: [
        { id: 'far', name: 'FAR', sizeBytes: 7, needsDownload: true, licence: 'MIT' },
        { id: 'secret', name: 'secret', sizeBytes: 0, needsDownload: false, licence: undefined },
      ],
    },
  ]);
});

test('once is for one page; allow is for the origin', async () => {
  const { consent, join, asked } = open('once', 'allow');
  const [one, two, three] = [join('http://a'), join('http://a'), join('http://a')];
  expect(await consent.need(one, [], never)).toEqual(['default']);
  expect(await consent.models(two)).toBeUndefined();
  await consent.need(two, [], never);
  expect(await consent.models(three)).toEqual(['default']);
  expect(asked).toHaveLength(2);
});

test('whoever may use any model may use the default', async () => {
  const { consent, join, asked } = open('allow');
  const page = join('http://a');
  await consent.need(page, ['other'], never);
  expect(await consent.need(page, [], never)).toEqual(['default']);
  expect(asked).toHaveLength(1);
});

test('a model that was not allowed is asked for', async () => {
  const { consent, join, asked } = open('allow', 'dismiss');
  const page = join('http://a');
  await consent.need(page, [], never);
  await expect(consent.need(page, ['other'], never)).rejects.toMatchObject({ code: 'not-allowed' });
  expect(asked).toHaveLength(2);
});

test('a block is for the origin and needs no further question', async () => {
  const { consent, join, asked, sites, stop } = open('block');
  await expect(consent.need(join('http://a'), [], never)).rejects.toMatchObject({ code: 'not-allowed' });
  await expect(consent.need(join('http://a'), [], never)).rejects.toThrow(/blocked/);
  expect(sites.get('http://a')?.decision).toBe('block');
  expect(stop).toHaveBeenCalledExactlyOnceWith('http://a');
  expect(asked).toHaveLength(1);
});

test('pages without an origin share nothing and are never remembered', async () => {
  const { consent, join, sites } = open('allow', 'block');
  const [one, two, three] = [join('null'), join('null'), join('null')];
  await consent.need(one, [], never);
  expect(await consent.models(two)).toBeUndefined();
  await expect(consent.need(two, [], never)).rejects.toThrow(/blocked/);
  await expect(consent.need(two, [], never)).rejects.toThrow(/blocked/);
  expect(await consent.models(three)).toBeUndefined();
  expect(sites.size).toBe(0);
});

test('what the user decides in a private window is not remembered', async () => {
  const { consent, sites, asked } = open('allow', 'block');
  const [one, two] = [newPage('http://a', true), newPage('http://a', true)];
  for (const page of [one, two]) consent.join(page);
  await consent.need(one, [], never);
  expect(await consent.models(one)).toEqual(['default']);
  await expect(consent.need(two, [], never)).rejects.toThrow(/blocked/);
  expect(asked.map(({ isRemembered }) => isRemembered)).toEqual([false, false]);
  expect(sites.size).toBe(0);
});

test('taking consent back takes it from open pages as well, and ends what they have running', async () => {
  const { consent, join, sites, stop } = open('once', 'allow');
  const [one, two] = [join('http://a'), join('http://a')];
  await consent.need(one, [], never);
  await consent.need(two, ['other'], never);
  sites.delete('http://a');
  await consent.revoke('http://a');
  expect(stop).toHaveBeenCalledExactlyOnceWith('http://a');
  expect(await consent.models(one)).toBeUndefined();
  expect(await consent.models(two)).toBeUndefined();
});

test('a request downloads what it was allowed, and says what there is not', async () => {
  const { consent, join, download } = open('allow', 'allow');
  const page = join('http://a');
  expect(await consent.request(page, ['far'], never)).toEqual(['far']);
  expect(download).toHaveBeenCalledExactlyOnceWith('far', expect.any(Function));
  await expect(consent.request(page, ['nothing'], never)).rejects.toMatchObject({ code: 'not-found' });
});

test('a model that was allowed and is not here any more is asked for before it is downloaded again', async () => {
  const { consent, join, asked, download } = open('allow', 'dismiss', 'allow');
  const page = join('http://a');
  await consent.need(page, ['far'], never);
  await expect(consent.request(page, ['far'], never)).rejects.toMatchObject({ code: 'not-allowed' });
  expect(download).not.toHaveBeenCalled();
  await consent.request(page, ['far'], never);
  expect(download).toHaveBeenCalledTimes(1);
  expect(asked).toHaveLength(3);
});

test('a page that leaves while the user thinks is granted nothing', async () => {
  const { consent, join } = open();
  const leaving = new AbortController();
  const page = join('http://a');
  const asked = consent.need(page, [], leaving.signal);
  await new Promise<void>((resolve) => setImmediate(resolve));
  leaving.abort(new Error('left'));
  await expect(asked).rejects.toThrow('left');
  expect(await consent.models(page)).toBeUndefined();
});

test('an origin that attaches without end is stopped, the others are not', () => {
  const { consent, join } = open();
  for (let i = 0; i < MAX_PAGES_PER_ORIGIN; i++) join('http://a');
  expect(consent.join(newPage('http://a'))).toBe(false);
  expect(consent.join(newPage('http://b'))).toBe(true);
});
