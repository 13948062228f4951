import { MAX_MODEL_ID_CHARS, MAX_TASK_LABEL_CHARS } from '../../protocol/limits.ts';
import { automaticSpeechRecognition } from '../../tasks/kinds/automatic-speech-recognition.ts';
import type { TaskWish } from '../task-calls.ts';
import * as f from './fields.ts';

export const FORMATS = ['json', 'text', 'srt', 'verbose_json', 'vtt'] as const;
export type TranscriptFormat = (typeof FORMATS)[number];

export interface TranscriptionRequest {
  wish: TaskWish;
  task: 'transcribe' | 'translate';
  format: TranscriptFormat;
  temperature: number;
  stream: boolean;
}

const FOLLOWED = ['file', 'model', 'prompt', 'response_format', 'temperature'];
/** Only where the language is kept. */
const TRANSCRIBING = ['language', 'timestamp_granularities', 'stream', 'chunking_strategy'];

/** A form's fields, in which all but the file are texts. */
export function parseTranscription(body: unknown, task: TranscriptionRequest['task']): TranscriptionRequest {
  const all = f.fields(body, 'request');
  const followed = new Set([...FOLLOWED, ...(task === 'transcribe' ? TRANSCRIBING : [])]);
  f.onlyFields(all, followed);
  if (!(all.file instanceof Blob))
    throw new f.FieldError('file', 'must be an audio file, as a part of a form (multipart/form-data)');
  const model = f.optionalString(all, 'model', MAX_MODEL_ID_CHARS);
  if (model === undefined) throw new f.FieldError('model', 'must name a model for speech recognition');
  const format = f.optionalChoice(all, 'response_format', FORMATS) ?? 'json';
  const stream = all.stream === 'true';
  if (!f.isAbsent(all.stream) && all.stream !== 'true' && all.stream !== 'false')
    throw new f.FieldError('stream', 'must be true or false');
  if (stream && format !== 'json')
    throw new f.FieldError('response_format', 'must be json where `stream` is true');
  // Audio is always cut at pauses
  if (!f.isAbsent(all.chunking_strategy) && all.chunking_strategy !== 'auto')
    throw f.cannotFollow('chunking_strategy');
  onlySegments(all.timestamp_granularities, format);
  const temperature = numberOf(all.temperature);
  const language = f.optionalString(all, 'language', MAX_TASK_LABEL_CHARS);
  const prompt = all.prompt === '' ? undefined : f.optionalString(all, 'prompt', MAX_TASK_LABEL_CHARS);
  const args = automaticSpeechRecognition.parse([
    all.file,
    {
      language,
      prompt,
      // Models of one language would refuse to be told what they do anyway
      task: task === 'translate' ? task : undefined,
      return_timestamps: format === 'verbose_json' || format === 'srt' || format === 'vtt',
      ...(temperature > 0 && { do_sample: true, temperature }),
    },
  ]);
  const wish = { task: automaticSpeechRecognition.name, model, dtype: undefined, device: undefined, args };
  return { wish, task, format, temperature, stream };
}

function numberOf(value: unknown): number {
  const number = f.isAbsent(value)
    ? 0
    : typeof value === 'string' && value.trim()
      ? Number(value)
      : Number.NaN;
  if (!(number >= 0 && number <= 1)) throw new f.FieldError('temperature', 'must be a number from 0 to 1');
  return number;
}

function onlySegments(value: unknown, format: TranscriptFormat): void {
  if (f.isAbsent(value)) return;
  const all = [value].flat();
  if (format !== 'verbose_json')
    throw new f.FieldError('timestamp_granularities', 'needs `response_format` to be verbose_json');
  if (all.includes('word')) throw f.cannotFollow('timestamp_granularities: word');
  if (!all.every((one) => one === 'segment'))
    throw new f.FieldError('timestamp_granularities', 'must be segment');
}
