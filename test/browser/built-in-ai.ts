// What the tests of the browser's built-in AI shape share: a secure site that the user has allowed, and what a page
// says of a promise.
import type { Page } from 'playwright-core';
import { fakeEngineBuild, Harness, type PageFile } from './harness.ts';

export const SITE = 'http://a.localhost/';

declare global {
  /** `resolved TYPE`, or the class and the name of the exception, and its quota. */
  function said(promise: Promise<unknown>): Promise<string>;
  // biome-ignore-start lint/suspicious/noExplicitAny: TypeScript has no types for them yet
  var LanguageModel: any;
  var LanguageModelToolCall: any;
  var LanguageModelToolSuccess: any;
  var LanguageModelToolError: any;
  var Summarizer: any;
  var Writer: any;
  var Rewriter: any;
  var Translator: any;
  var LanguageDetector: any;
  var Proofreader: any;
  // biome-ignore-end lint/suspicious/noExplicitAny: as above
}

const HELPER = `<!doctype html><meta charset="utf-8"><title>page</title><body><script>
  const said = (promise) => Promise.resolve(promise).then(
    (value) => 'resolved ' + typeof value,
    (error) => [error.constructor.name, error.name].concat(
      error.name === 'QuotaExceededError' ? [error.requested > error.quota, error.quota] : [],
    ).join(' '),
  );
</script>`;

export async function launch(files: Record<string, PageFile> = {}): Promise<Harness> {
  const harness = await Harness.launch(await fakeEngineBuild(), { '/': { body: HELPER }, ...files });
  await harness.call('background', 'wake');
  return harness;
}

/** A page whose site may use the default model. */
export async function openAllowed(harness: Harness, address = SITE): Promise<Page> {
  await allow(harness, address);
  return harness.open(address);
}

export async function allow(harness: Harness, address: string): Promise<void> {
  const { origin } = new URL(harness.url(address));
  await harness.call('background', 'decide', { origin, models: ['hearthside'], decision: 'allow' });
}
