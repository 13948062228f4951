import {
  type ContentType,
  type Expected,
  type LanguageModelOptions,
  type LanguageModelSession,
  SAMPLING_PARAMS,
  type SamplingMode,
} from '../../protocol/built-in-ai.ts';
import { supportedLanguages } from './languages.ts';
import { Refused } from './outcome.ts';

/** What each mode comes to for a sampler. The first one takes the likeliest token each time. */
const MODES: Record<SamplingMode, { temperature: number; topK: number }> = {
  'most-predictable': { temperature: 0, topK: 1 },
  predictable: { temperature: 0.4, topK: 20 },
  'slightly-predictable': { temperature: 0.7, topK: 40 },
  balanced: { temperature: SAMPLING_PARAMS.defaultTemperature, topK: SAMPLING_PARAMS.defaultTopK },
  'slightly-creative': { temperature: 1.15, topK: 60 },
  creative: { temperature: 1.3, topK: 80 },
  'most-creative': { temperature: 1.5, topK: 128 },
};

const INPUTS: ContentType[] = ['text', 'tool-call', 'tool-response'];
const OUTPUTS: ContentType[] = ['text', 'tool-call'];

/** The options of a session with what they leave open filled in, or the exception that the specification gives. */
export function completeOptions(options: LanguageModelOptions): LanguageModelSession['options'] {
  checkTools(options);
  return { ...options, ...sampling(options) };
}

function sampling({ topK, temperature, samplingMode }: LanguageModelOptions) {
  if (topK === undefined && temperature === undefined) {
    const mode = samplingMode ?? 'balanced';
    return { ...MODES[mode], samplingMode: mode };
  }
  if (samplingMode !== undefined)
    throw new Refused('TypeError', 'Give either a samplingMode, or topK and temperature.');
  if (topK === undefined || temperature === undefined)
    throw new Refused('NotSupportedError', 'Give both topK and temperature, or neither.');
  if (!(temperature >= 0)) throw new Refused('RangeError', 'The temperature must be 0 or more.');
  if (!(topK >= 1)) throw new Refused('RangeError', 'topK must be 1 or more.');
  return {
    temperature: Math.min(temperature, SAMPLING_PARAMS.maxTemperature),
    topK: Math.min(Math.floor(topK), SAMPLING_PARAMS.maxTopK),
  };
}

function checkTools({ tools = [], runsTools, expectedOutputs = [] }: LanguageModelOptions): void {
  const isEmpty = tools.find(({ name, description }) => !name || !description);
  if (isEmpty) throw new Refused('TypeError', 'A tool needs a name and a description.');
  if (new Set(tools.map(({ name }) => name)).size < tools.length)
    throw new Refused('TypeError', 'Each tool needs a name of its own.');
  if (tools.length > 0 && !runsTools && !expectedOutputs.some(({ type }) => type === 'tool-call'))
    throw new Refused(
      'TypeError',
      "With tools that have no `execute`, `expectedOutputs` must include { type: 'tool-call' }.",
    );
}

/** Whether Hearth can do what the options expect, whatever the model. */
export function isSupported({ expectedInputs, expectedOutputs }: LanguageModelOptions): boolean {
  return areSupported(expectedInputs, INPUTS) && areSupported(expectedOutputs, OUTPUTS);
}

function areSupported(expected: Expected[] = [], types: ContentType[]): boolean {
  return expected.every(
    ({ type, languages = [] }) => types.includes(type) && supportedLanguages(languages) !== undefined,
  );
}
