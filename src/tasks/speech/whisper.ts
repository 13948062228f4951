import type { PreTrainedTokenizer, Tensor } from '@huggingface/transformers';
import { HearthError } from '../../protocol/errors.ts';
import type { Library } from '../library.ts';
import type { LoadedPipeline } from '../task.ts';
import type { SpeechOptions, WindowHeard } from './transcribe.ts';
import { segmentsOf } from './whisper-segments.ts';
import { WhisperRules, type WhisperTokens } from './whisper-rules.ts';

/** What is used of the library's pipeline for a Whisper model. */
export interface WhisperPipeline {
  tokenizer: PreTrainedTokenizer;
  processor: (samples: Float32Array) => Promise<{ input_features: Tensor }>;
  model: {
    config: { model_type: string; max_source_positions: number; decoder_start_token_id: number };
    generation_config: Partial<{
      eos_token_id: number | number[];
      no_timestamps_token_id: number;
      lang_to_id: Record<string, number>;
      task_to_id: Record<string, number>;
      prev_sot_token_id: number;
      suppress_tokens: number[];
      begin_suppress_tokens: number[];
    }> | null;
    generate(options: object): Promise<Tensor>;
  };
}

/** The parts of the prompt that Whisper keeps: half of its decoder's context, less one. */
const MOST_PROMPT = 223;
/** Above both, nobody speaks in a window (Radford et al. 2022, §4.5). */
const SILENCE = { noSpeech: 0.6, logprob: -1 };
const RATE = 16_000;

export function isWhisper(pipeline: LoadedPipeline): boolean {
  return (pipeline.model as WhisperPipeline['model']).config.model_type === 'whisper';
}

/** One window of at most the model's 30 seconds. */
export async function hearWindow(
  library: Library,
  { tokenizer, processor, model }: WhisperPipeline,
  samples: Float32Array,
  { language, task, prompt, return_timestamps, ...generation }: SpeechOptions,
  send: (part: { delta: string }) => void,
): Promise<WindowHeard> {
  const tokens = tokensOf(tokenizer, model);
  const before = prompt ? promptOf(prompt, tokenizer, tokens) : [];
  const wish = {
    language: language === undefined ? undefined : languageOf(language, tokens),
    task: task ?? ('transcribe' as const),
    times: return_timestamps !== false && return_timestamps !== undefined,
  };
  if (tokens.languages.size === 0 && (language !== undefined || task !== undefined))
    throw new HearthError(
      'bad-input',
      'This model knows one language only: leave `language` and `task` out.',
    );
  const prefix = [...before, tokens.start];
  const rules = new WhisperRules(tokens, wish, prefix.length);
  let sent = '';
  const textOf = (ids: readonly number[]) => {
    const texts = ids.filter((id) => id < tokens.end);
    return texts.length > 0 ? tokenizer.decode(texts) : '';
  };
  const processors = new library.LogitsProcessorList();
  const step = (ids: bigint[][], logits: Tensor) => {
    const all = ids[0]!.map(Number);
    rules.next(all, logits.data as Float32Array);
    const text = textOf(all.slice(rules.begin));
    // Half a character waits for its other half
    if (text.length > sent.length && !text.endsWith('\uFFFD')) {
      send({ delta: text.slice(sent.length) });
      sent = text;
    }
    return logits;
  };
  processors.push(step as never);

  const { input_features } = await processor(samples);
  const sequence = await model.generate({
    ...generation,
    inputs: input_features,
    decoder_input_ids: prefix,
    logits_processor: processors,
    // What they say is in `WhisperRules`, which begins behind the forced tokens
    return_timestamps: false,
    suppress_tokens: null,
    begin_suppress_tokens: null,
  });
  const all = (sequence.tolist() as bigint[][])[0]!.map(Number);
  rules.note(all);
  const said = all.slice(rules.begin);
  const seconds = samples.length / RATE;
  const secondsPerTime = 30 / 1_500;
  const segments = segmentsOf(said, rules.logprobs, tokens, { seconds, secondsPerTime });
  const { logprobs, noSpeech } = rules;
  const mean = logprobs.reduce((sum, one) => sum + one, 0) / Math.max(1, logprobs.length);
  const isSilent = noSpeech > SILENCE.noSpeech && mean < SILENCE.logprob;
  return {
    text: isSilent ? '' : textOf(said),
    language: rules.language === undefined ? undefined : tokens.languages.get(rules.language),
    chunks: isSilent
      ? []
      : segments.map(({ start, end, tokens: ids, logprob }) => ({
          timestamp: [start, end],
          text: textOf(ids),
          tokens: ids,
          avg_logprob: logprob,
          no_speech_prob: noSpeech,
        })),
  };
}

function tokensOf(
  tokenizer: PreTrainedTokenizer,
  { config, generation_config }: WhisperPipeline['model'],
): WhisperTokens {
  const known = generation_config ?? {};
  const id = (token: string) => {
    const ids = tokenizer.encode(token, { add_special_tokens: false });
    return ids.length === 1 ? ids[0] : undefined;
  };
  const noTimes = known.no_timestamps_token_id ?? id('<|notimestamps|>');
  const end = [known.eos_token_id].flat()[0] ?? id('<|endoftext|>');
  if (noTimes === undefined || end === undefined)
    throw new HearthError(
      'unsupported-model',
      'This model’s files do not say which of its tokens are Whisper’s own.',
    );
  return {
    end,
    start: config.decoder_start_token_id,
    previous: known.prev_sot_token_id ?? id('<|startofprev|>'),
    noSpeech: noTimes - 1,
    noTimes,
    firstTime: noTimes + 1,
    languages: new Map(
      Object.entries(known.lang_to_id ?? {}).map(([name, token]) => [token, name.slice(2, -2)]),
    ),
    tasks: known.task_to_id ?? {},
    suppressed: known.suppress_tokens ?? [],
    suppressedFirst: known.begin_suppress_tokens ?? [],
  };
}

function promptOf(prompt: string, tokenizer: PreTrainedTokenizer, { previous }: WhisperTokens): number[] {
  if (previous === undefined) return [];
  const ids = tokenizer.encode(` ${prompt.trim()}`, { add_special_tokens: false });
  return [previous, ...ids.slice(-MOST_PROMPT)];
}

/** A language by its code, or by its English name. */
function languageOf(language: string, { languages }: WhisperTokens): number {
  const wanted = language.toLowerCase();
  const named = new Intl.DisplayNames(['en'], { type: 'language' });
  const found = [...languages].find(
    ([, code]) => code === wanted || (/^[a-z]{2,3}$/.test(code) && named.of(code)?.toLowerCase() === wanted),
  );
  if (found) return found[0];
  throw new HearthError(
    'bad-input',
    `This model does not know the language ${JSON.stringify(language.slice(0, 40))}. It knows: ${[...languages.values()].join(', ')}.`,
  );
}
