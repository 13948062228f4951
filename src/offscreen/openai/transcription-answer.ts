import type { Stream } from '../../channel/connect.ts';
import type { SpeechChunk, Transcript, TranscriptPart } from '../../tasks/speech/transcribe.ts';
import { type Answer, TextAnswer } from '../http.ts';
import type { TranscriptionRequest } from './transcription-request.ts';

type Task = Stream<unknown, unknown>;

/** Text as it is heard, then all of it. */
export async function* transcriptEvents(stream: Task): AsyncIterable<object> {
  let isFirst = true;
  for await (const part of stream as AsyncIterable<TranscriptPart>) {
    if (!('delta' in part)) continue;
    // The whole text begins with no space
    const delta: string = isFirst ? part.delta.trimStart() : part.delta;
    isFirst &&= delta === '';
    if (delta) yield { type: 'transcript.text.delta', delta };
  }
  const { text } = (await stream.output) as Transcript;
  yield { type: 'transcript.text.done', text };
}

export async function wholeTranscript(request: TranscriptionRequest, stream: Task): Promise<Answer> {
  const said = (await stream.output) as Transcript;
  const { text, chunks = [], duration, language } = said;
  const usage = { type: 'duration', seconds: duration };
  switch (request.format) {
    case 'text':
      return new TextAnswer(`${text}\n`, 'text/plain');
    case 'srt':
      return new TextAnswer(chunks.map(toSrt).join('\n'), 'text/plain');
    case 'vtt':
      return new TextAnswer(`WEBVTT\n\n${chunks.map(toVtt).join('\n')}`, 'text/vtt');
    case 'json':
      return { text, ...(request.task === 'transcribe' && { usage }) };
    case 'verbose_json':
      return {
        task: request.task,
        language: nameOf(language),
        duration,
        text,
        segments: await Promise.all(chunks.filter(isHeard).map((chunk, id) => segment(chunk, id, request))),
        ...(request.task === 'transcribe' && { usage }),
      };
  }
}

/** Models that are not of Whisper's kind say nothing of how sure they are: then there are no segments. */
function isHeard(chunk: SpeechChunk): chunk is Required<SpeechChunk> {
  return chunk.tokens !== undefined;
}

async function segment(
  { timestamp: [start, end], text, tokens, avg_logprob, no_speech_prob, seek }: Required<SpeechChunk>,
  id: number,
  { temperature }: TranscriptionRequest,
): Promise<object> {
  const compression_ratio = await compression(text);
  // Frames of 10 ms
  const frames = Math.round(seek * 100);
  return {
    id,
    seek: frames,
    start,
    end,
    text,
    tokens,
    temperature,
    avg_logprob,
    compression_ratio,
    no_speech_prob,
  };
}

/** How much shorter zlib makes a text: what repeats itself is made much shorter. */
async function compression(text: string): Promise<number> {
  const blob = new Blob([text]);
  const packed = blob.stream().pipeThrough(new CompressionStream('deflate'));
  return blob.size / (await new Response(packed).arrayBuffer()).byteLength;
}

/** `english`, as OpenAI's servers say it. */
function nameOf(code: string | undefined): string {
  const name = code && new Intl.DisplayNames(['en'], { type: 'language' }).of(code);
  return (name || 'unknown').toLowerCase();
}

function toSrt({ timestamp: [start, end], text }: SpeechChunk, i: number): string {
  return `${i + 1}\n${clock(start, ',')} --> ${clock(end, ',')}\n${line(text)}\n`;
}

function toVtt({ timestamp: [start, end], text }: SpeechChunk): string {
  const escaped = line(text).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  return `${clock(start, '.')} --> ${clock(end, '.')}\n${escaped}\n`;
}

/** An empty line would end a caption. */
function line(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, ' ');
}

/** `01:02:03,004`. */
function clock(seconds: number, point: string): string {
  const ms = Math.round(seconds * 1_000);
  const [h, m, s] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, Math.floor(ms / 1_000) % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(h)}:${two(m)}:${two(s)}${point}${String(ms % 1_000).padStart(3, '0')}`;
}
