import { Refused } from './outcome.ts';

/**
 * The languages that open models of a few billion parameters commonly are trained on. How well a model knows one of
 * them is the model's affair, and a page may not learn which model it is before the user has said yes.
 */
const LANGUAGES = new Set(
  (
    'ar bg bn ca cs da de el en es et fa fi fr gu he hi hr hu id it ja kn ko lt lv ml mr ms ' +
    'nb nl no pa pl pt ro ru sk sl sr sv sw ta te th tl tr uk ur vi zh zh-Hant'
  ).split(' '),
);

/** The language that a well-formed tag comes to here; undefined if there is none. */
export function supportedLanguage(tag: string): string | undefined {
  const { language, script } = new Intl.Locale(tag).maximize();
  const written = script === 'Hant' ? `${language}-${script}` : language;
  return LANGUAGES.has(written) ? written : LANGUAGES.has(language) ? language : undefined;
}

/** All of them, each once; undefined if one is not supported. */
export function supportedLanguages(tags: readonly string[]): string[] | undefined {
  const found = tags.map(supportedLanguage);
  return found.every((tag) => tag !== undefined) ? [...new Set(found)] : undefined;
}

/** A language's name for a model, in English. */
export function languageName(tag: string): string {
  return new Intl.DisplayNames(['en'], { type: 'language' }).of(tag) ?? tag;
}

export function unsupportedLanguage(): Refused {
  return new Refused('NotSupportedError', 'Hearth does not support one of these languages.');
}
