import { expect, test } from 'vitest';
import { languageName, supportedLanguage, supportedLanguages } from './languages.ts';

test.each([
  ['en', 'en'],
  ['en-GB', 'en'],
  ['en-Latn-GB-fonipa', 'en'],
  ['en-Latn-x-private', 'en'],
  ['es-419', 'es'],
  ['zh', 'zh'],
  ['zh-CN', 'zh'],
  ['zh-TW', 'zh-Hant'],
  ['zh-HK', 'zh-Hant'],
  ['zh-Hant', 'zh-Hant'],
  ['unk', undefined],
  ['tlh', undefined],
])('%s is %s here', (tag, known) => {
  expect(supportedLanguage(tag)).toBe(known);
});

test('a list is as good as its worst member, and has each once', () => {
  expect(supportedLanguages(['en-US', 'en', 'de'])).toEqual(['en', 'de']);
  expect(supportedLanguages(['en', 'unk'])).toBeUndefined();
  expect(supportedLanguages([])).toEqual([]);
});

test('names are English', () => {
  expect([languageName('zh-Hant'), languageName('pt')]).toEqual(['Traditional Chinese', 'Portuguese']);
});
