// Summarizer, Writer, Rewriter, Translator, LanguageDetector and Proofreader: they differ in their options, and in what
// their method is called.
import type { BuiltInApi } from '../../protocol/built-in-ai.ts';
import * as idl from './webidl.ts';

type Members = Parameters<typeof idl.dictionary>[0];

export interface TaskInterface {
  name: string;
  api: BuiltInApi;
  method: string;
  /** Whether its result is text, which may be streamed; else it is an object. */
  isText: boolean;
  /** Options that `availability` knows as well; they are attributes, null where they are absent. */
  core: Members;
  /** Whether each call may bring a context, beside the shared one. */
  hasContext: boolean;
  /** Whether options must be given. */
  needsOptions: boolean;
  /** Whether its input has a quota. */
  isMeasured: boolean;
}

const expectedInputLanguages = idl.languageTags;
const WRITING = {
  expectedContextLanguages: idl.languageTags,
  expectedInputLanguages,
  outputLanguage: idl.languageTag,
};
const OF_TEXT = { isText: true, hasContext: true, needsOptions: false, isMeasured: true };
const oneOf = (first: string, ...others: string[]) => idl.withDefault(idl.oneOf(first, ...others), first);

export const TASKS: TaskInterface[] = [
  {
    ...OF_TEXT,
    name: 'Summarizer',
    api: 'summarizer',
    method: 'summarize',
    core: {
      ...WRITING,
      type: oneOf('key-points', 'tldr', 'teaser', 'headline'),
      format: oneOf('markdown', 'plain-text'),
      length: oneOf('short', 'medium', 'long'),
    },
  },
  {
    ...OF_TEXT,
    name: 'Writer',
    api: 'writer',
    method: 'write',
    core: {
      ...WRITING,
      tone: oneOf('neutral', 'formal', 'casual'),
      format: oneOf('markdown', 'plain-text'),
      length: oneOf('short', 'medium', 'long'),
    },
  },
  {
    ...OF_TEXT,
    name: 'Rewriter',
    api: 'rewriter',
    method: 'rewrite',
    core: {
      ...WRITING,
      tone: oneOf('as-is', 'more-formal', 'more-casual'),
      format: oneOf('as-is', 'plain-text', 'markdown'),
      length: oneOf('as-is', 'shorter', 'longer'),
    },
  },
  {
    ...OF_TEXT,
    name: 'Translator',
    api: 'translator',
    method: 'translate',
    hasContext: false,
    needsOptions: true,
    core: { sourceLanguage: idl.required(idl.languageTag), targetLanguage: idl.required(idl.languageTag) },
  },
  {
    ...OF_TEXT,
    name: 'LanguageDetector',
    api: 'language-detector',
    method: 'detect',
    isText: false,
    hasContext: false,
    core: { expectedInputLanguages },
  },
  {
    name: 'Proofreader',
    api: 'proofreader',
    method: 'proofread',
    isText: false,
    hasContext: false,
    needsOptions: false,
    isMeasured: false,
    core: {
      includeCorrectionTypes: idl.withDefault(idl.boolean, false),
      includeCorrectionExplanations: idl.withDefault(idl.boolean, false),
      expectedInputLanguages,
      correctionExplanationLanguage: idl.languageTag,
    },
  },
];
