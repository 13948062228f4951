import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const FOLDER = import.meta.dirname;

/** The files of a tiny model, by their paths in its folder. */
export function filesOf(model: string): Record<string, Uint8Array<ArrayBuffer>> {
  const folder = join(FOLDER, model);
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== 'expected.json')
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [relative(folder, path), new Uint8Array(readFileSync(path))]),
  );
}

interface Image {
  width: number;
  height: number;
  /** Base64. */
  rgb: string;
}

type Scores = { label: string; score: number }[];

interface Said {
  language: string;
  no_speech: number;
  tokens: number[];
  logprobs: number[];
  text: string;
}

/** What transformers made of the inputs that stand beside it. */
export interface Expected {
  'feature-extraction': { texts: string[]; mean: number[][]; cls: number[][] };
  rerank: { query: string; documents: string[]; scores: number[] };
  'text-classification': { texts: string[]; scores: Scores[] };
  'zero-shot-classification': {
    text: string;
    labels: string[];
    template: string;
    one: [string, number][];
    many: [string, number][];
  };
  'token-classification': {
    text: string;
    found: { index: number; word: string; entity: string; score: number }[];
  };
  'question-answering': { question: string; context: string; answer: string; score: number };
  'fill-mask': { text: string; top_k: number; found: { score: number; token: number; token_str: string }[] };
  'text2text-generation': { texts: string[]; max_new_tokens: number; written: string[] };
  'image-classification': { image: Image; scores: Scores };
  'image-feature-extraction': { image: Image; hidden: number[][][] };
  'object-detection': {
    image: Image;
    threshold: number;
    found: { label: string; score: number; box: [number, number, number, number] }[];
  };
  'image-segmentation': { image: Image; labels: string[]; logits: number[][][] };
  'depth-estimation': { image: Image; depth: number[][] };
  'background-removal': { image: Image; matte: number[][] };
  'image-to-text': { image: Image; max_new_tokens: number; written: string };
  'automatic-speech-recognition': {
    seconds: number;
    first_time: number;
    end: number;
    plain: Said;
    times: Said;
    german: Said;
    translated: Said;
    prompted: Said;
  };
  'text-to-speech': { texts: string[]; rate: number; spoken: number[][] };
  'audio-classification': { seconds: number; scores: Scores };
  'zero-shot-image-classification': { image: Image; labels: string[]; template: string; scores: number[] };
}

export function expectedOf(model: string): Expected {
  return JSON.parse(readFileSync(join(FOLDER, model, 'expected.json'), 'utf8'));
}

/** The image that a fixture was asked about, as a page passes pixels. */
export function imageOf({ width, height, rgb }: Image) {
  return { width, height, channels: 3, data: new Uint8Array(Buffer.from(rgb, 'base64')) };
}

/** The sound that fixtures were asked about, at 16 kHz: `tone` of the script that made them. */
export function toneOf(seconds: number): Float32Array {
  return Float32Array.from({ length: seconds * 16_000 }, (_, i) => {
    const t = i / 16_000;
    return 0.5 * Math.sin(2 * Math.PI * (200 * t + 150 * t ** 2)) * Math.sin(2 * Math.PI * 3 * t);
  });
}
