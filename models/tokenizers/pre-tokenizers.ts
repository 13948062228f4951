import * as cuts from './cuts.ts';
import { afterNumberGroups, beforeWholeGroups } from './digit-groups.ts';

/**
 * How BPE cuts a text into words before it merges: each cut in turn cuts the pieces that the one before has left.
 */
export interface PreTokenizer {
  readonly cuts: readonly cuts.Cut[];
  /** A word that is a token as a whole is taken without merging. */
  readonly takesWholeWords?: true;
  /** A run of line ends that is a token as a whole is taken without merging. */
  readonly takesWholeLines?: true;
  /** Unless the file says otherwise, a prompt begins with BOS; or it does whatever the file says. */
  readonly addsBos?: true | 'always';
  /** The tokens' alphabet: GPT-2's bytes unless it says characters, with or without ▁ for a space. */
  readonly alphabet?: 'characters' | 'characters-and-▁';
}

const gpt2: PreTokenizer = { cuts: [cuts.GPT2] };
const digitsAlone: PreTokenizer = { cuts: [cuts.DIGIT, cuts.GPT2] };
const llama3: PreTokenizer = { cuts: [cuts.LLAMA3] };
const llama3Whole: PreTokenizer = { cuts: [cuts.LLAMA3], takesWholeWords: true, addsBos: true };
const qwen2: PreTokenizer = { cuts: [cuts.QWEN2] };
const gpt4o: PreTokenizer = { cuts: [cuts.GPT4O] };
const deepseek3: PreTokenizer = { cuts: [cuts.DIGITS_1_TO_3, cuts.HAN_AND_KANA, cuts.DEEPSEEK3] };
const bloom: PreTokenizer = { cuts: [cuts.BLOOM] };
const bailing: PreTokenizer = { cuts: [cuts.BAILING] };
const tinyAya: PreTokenizer = { cuts: [afterNumberGroups, cuts.TINY_AYA] };
const gemma4: PreTokenizer = {
  cuts: [cuts.LINE_OR_REST],
  alphabet: 'characters-and-▁',
  takesWholeLines: true,
  addsBos: 'always',
};

/** Every name of `tokenizer.ggml.pre` that llama.cpp knows, by what it stands for. */
const FAMILIES: readonly (readonly [names: string, PreTokenizer])[] = [
  ['default', { cuts: [cuts.DEFAULT_SIGNS, cuts.GPT2, cuts.DIGITS, cuts.ASCII_THREES] }],
  ['gpt-2 phi-2 olmo mpt jais trillion granite-docling exaone4 mellum modern-bert gigachat a.x-4.0', gpt2],
  ['jina-es jina-de jina-v1-en jina-v2-es jina-v2-de jina-v2-code roberta-bpe', gpt2],
  ['smollm starcoder refact command-r codeshell exaone minerva-7b mellum2', digitsAlone],
  ['llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano', llama3Whole],
  ['smaug-bpe dbrx glm4 chatglm-bpe', llama3],
  ['minicpm5', { cuts: [cuts.DIGITS_1_TO_3, cuts.MINICPM5], takesWholeWords: true }],
  ['jais-2', { cuts: [cuts.JAIS2] }],
  ['qwen2 deepseek-r1-qwen stablelm2 megrez hunyuan solar-open grok-2 kormo f2llmv2', qwen2],
  ['qwen35', { cuts: [cuts.QWEN35] }],
  ['ufakzeka', { cuts: [cuts.UFAKZEKA] }],
  ['laguna', { cuts: [cuts.LINE_OR_REST, cuts.QWEN2] }],
  ['seed-coder', { cuts: [cuts.SEED_CODER] }],
  ['bailingmoe bailingmoe2 llada-moe', bailing],
  ['exaone-moe', { cuts: [cuts.EXAONE_MOE] }],
  ['tekken', { cuts: [cuts.TEKKEN], takesWholeWords: true, addsBos: true }],
  ['gpt-4o llama4 kanana2 talkie minimax-m2', gpt4o],
  ['granite-embed-multi-97m', { cuts: [cuts.GRANITE_EMBED], takesWholeWords: true }],
  ['tiny_aya cohere2moe', tinyAya],
  ['youtu', { cuts: [cuts.YOUTU_SCRIPTS, cuts.YOUTU], takesWholeWords: true }],
  ['deepseek-v3 hunyuan-dense joyai-llm hy_v4', deepseek3],
  ['spark2_5', { cuts: [cuts.DIGITS_1_TO_3, cuts.HAN_AND_KANA, cuts.SPARK, cuts.DIGIT] }],
  ['afmoe', { cuts: [afterNumberGroups, cuts.AFMOE_SCRIPTS, cuts.DEEPSEEK3] }],
  ['kimi-k2', { cuts: [cuts.KIMI] }],
  ['superbpe', { cuts: [cuts.DIGITS, beforeWholeGroups] }],
  ['falcon', { cuts: [cuts.FALCON_SIGNS, cuts.GPT2, cuts.ASCII_THREES] }],
  ['poro-chat bloom gpt3-finnish', bloom],
  ['viking', { cuts: [cuts.BLOOM, cuts.DIGIT] }],
  ['chameleon', { cuts: [...cuts.CHAMELEON, cuts.GPT2], addsBos: true }],
  [
    'deepseek-llm',
    {
      cuts: [cuts.LINE_END, cuts.CASED, cuts.LISTED_PUNCTUATION, cuts.TRAILING_SPACE, cuts.CJK, cuts.DIGITS],
    },
  ],
  [
    'deepseek-coder',
    { cuts: [cuts.LINE_END, cuts.SPACED_LETTERS, cuts.SPACED_PUNCTUATION, cuts.CJK, cuts.DIGIT] },
  ],
  ['gemma4 granite-embed-multi-311m', gemma4],
  ['sarvam-moe', { cuts: [cuts.LINE_OR_REST], alphabet: 'characters-and-▁' }],
  ['whitespace', { cuts: [cuts.NOT_SPACE], alphabet: 'characters' }],
];

export const PRE_TOKENIZERS: ReadonlyMap<string, PreTokenizer> = new Map(
  FAMILIES.flatMap(([names, preTokenizer]) => names.split(' ').map((name) => [name, preTokenizer] as const)),
);

/** The words of a text, in order; joined they are the text. */
export function cutWords(text: string, { cuts }: PreTokenizer): string[] {
  let pieces = [text];
  for (const cut of cuts) {
    const cutPieces: string[] = [];
    for (const piece of pieces)
      cutPiece(piece, typeof cut === 'function' ? cut(piece) : edges(piece, cut), cutPieces);
    pieces = cutPieces;
  }
  return pieces;
}

function* edges(piece: string, cut: RegExp): Generator<number> {
  for (const { 0: match, index } of piece.matchAll(cut)) {
    yield index;
    yield index + match.length;
  }
}

function cutPiece(piece: string, edges: Iterable<number>, out: string[]): void {
  let start = 0;
  for (const edge of edges) {
    if (edge > start) out.push(piece.slice(start, edge));
    start = edge;
  }
  if (start < piece.length) out.push(piece.slice(start));
}
