import { readAdapter } from '../../models/adapters/read-adapter.ts';
import { readModel } from '../../models/architectures/index.ts';
import { renderChat } from '../../models/chat/index.ts';
import type { ByteSource } from '../../models/gguf/header-bytes.ts';
import { readGguf } from '../../models/gguf/read-gguf.ts';
import { joinSources } from '../../models/gguf/joined-source.ts';
import type { Metadata } from '../../models/gguf/metadata.ts';
import type { GgufValue } from '../../models/gguf/values.ts';
import { writeGguf } from '../../models/gguf/write-gguf.ts';
import { BYTE_CHARS } from '../../models/tokenizers/byte-chars.ts';
import { readTokenizer, type Tokenizer } from '../../models/tokenizers/index.ts';
import { layOutWeights } from '../../src/engine/layout.ts';
import { readModelFile } from '../../src/engine/model-file.ts';
import { planMemory } from '../../src/engine/plan.ts';
import { promptIds } from '../../src/engine/prompt.ts';
import { readFrames, readWav } from '../../src/tasks/audio/wav.ts';
import { adapterFile } from '../fakes/adapter-files.ts';
import { smallModel } from '../fakes/model-files.ts';
import { splitModel, writeParts } from '../fakes/split-model.ts';
import { wavOf } from '../fakes/wav.ts';
import { mutateGguf } from './mutate-gguf.ts';
import type { Random } from './random.ts';

/** Something that reads what strangers write. */
export interface Target {
  name: string;
  seeds: readonly Uint8Array[];
  /** Words that mean something to it. */
  words: readonly string[];
  /** A change of what the input says, if it can be read. */
  mutate?(bytes: Uint8Array, random: Random, words: readonly string[]): Promise<Uint8Array | undefined>;
  /** Understands the bytes or refuses them; throws anything else where they break it. */
  run(bytes: Uint8Array): Promise<void>;
}

const BUDGET_BYTES = 2 ** 30;
const text = (value: string): GgufValue => ({ type: 'string', value });
const texts = (value: string[]): GgufValue => ({ type: 'array', of: 'string', value });
const encode = (value: string) => new TextEncoder().encode(value);

/** Sees that nothing is asked for that is not there, and that nothing is read again and again. */
function watched(bytes: Uint8Array): ByteSource {
  let read = 0;
  return {
    size: bytes.length,
    async read(offset, length) {
      read += length;
      if (!(offset >= 0 && length >= 0 && offset + length <= bytes.length))
        throw new Error(`bytes ${offset} to ${offset + length} of ${bytes.length} were asked for`);
      if (read > 2 * bytes.length + 2 ** 20) throw new Error(`${read} bytes were read of ${bytes.length}`);
      return bytes.slice(offset, offset + length);
    },
  };
}

/** All that happens to a file before the first byte of its weights is read. */
async function understand(source: ByteSource): Promise<void> {
  const file = await readModelFile(source);
  const { bytes: weightsBytes } = layOutWeights(file.tensors, 2 ** 27);
  const plan = planMemory({
    config: file.config,
    weightsBytes,
    budgetBytes: BUDGET_BYTES,
    slots: 32,
    maxRows: 512,
  });
  if (!(plan.totalBytes > 0 && plan.totalBytes <= BUDGET_BYTES))
    throw new Error(`a plan of ${plan.totalBytes} bytes`);
  const messages = [{ role: 'user', content: 'ABC <s> é' } as const];
  const ids = promptIds(file, { kind: 'messages', messages }, plan.contextLength);
  checkIds(ids, file.config.vocab);
}

function checkIds(ids: readonly number[], size: number): void {
  const wrong = ids.find((id) => !(Number.isInteger(id) && id >= 0 && id < size));
  if (wrong !== undefined) throw new Error(`a token ${wrong} of ${size}`);
}

const TEMPLATE =
  "{% for m in messages %}{{ '<|' + m.role + '|>' + m['content'] | trim }}{% if not loop.last %}{{ eos_token }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";
const VOCABULARY = Array.from({ length: 64 }, (_, i) => String.fromCharCode(64 + i));
const TOKENIZERS: Record<string, Record<string, GgufValue>> = {
  gpt2: {
    'tokenizer.ggml.model': text('gpt2'),
    'tokenizer.ggml.pre': text('gpt-2'),
    'tokenizer.ggml.tokens': texts([...BYTE_CHARS, 'Ġa', 'he', 'ello', '<|end|>']),
    'tokenizer.ggml.merges': texts(['Ġ a', 'h e', 'l lo']),
    'tokenizer.ggml.token_type': {
      type: 'array',
      of: 'int32',
      value: Int32Array.from({ length: 260 }, (_, i) => (i === 259 ? 3 : 1)),
    },
    'tokenizer.ggml.eos_token_id': { type: 'uint32', value: 259 },
  },
  llama: {
    'tokenizer.ggml.model': text('llama'),
    'tokenizer.ggml.tokens': texts([
      '<unk>',
      '<s>',
      '</s>',
      ...Array.from({ length: 256 }, (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, '0')}>`),
      '▁',
      'a',
      'b',
      'ab',
      '▁ab',
    ]),
    'tokenizer.ggml.scores': {
      type: 'array',
      of: 'float32',
      value: Float32Array.from({ length: 264 }, (_, i) => -i),
    },
    'tokenizer.ggml.token_type': {
      type: 'array',
      of: 'int32',
      value: Int32Array.from({ length: 264 }, (_, i) => (i === 0 ? 2 : i < 3 ? 3 : i < 259 ? 6 : 1)),
    },
  },
  bert: {
    'tokenizer.ggml.model': text('bert'),
    'tokenizer.ggml.tokens': texts([
      ...VOCABULARY.map((char) => `▁${char.toLowerCase()}`),
      'a',
      'b',
      '[UNK]',
      '[CLS]',
      '[SEP]',
    ]),
    'tokenizer.ggml.bos_token_id': { type: 'uint32', value: 67 },
    'tokenizer.ggml.unknown_token_id': { type: 'uint32', value: 66 },
    'tokenizer.ggml.seperator_token_id': { type: 'uint32', value: 68 },
  },
  t5: {
    'tokenizer.ggml.model': text('t5'),
    'tokenizer.ggml.tokens': texts(['<pad>', '</s>', '<unk>', '▁', 'a', 'b', 'ab', '▁ab', 'c']),
    'tokenizer.ggml.scores': {
      type: 'array',
      of: 'float32',
      value: Float32Array.of(0, 0, 0, -2, -3, -3, -4, -4, -5),
    },
    'tokenizer.ggml.token_type': {
      type: 'array',
      of: 'int32',
      value: Int32Array.of(3, 3, 2, 1, 1, 1, 1, 1, 1),
    },
  },
};

const KEYS = [
  ...Object.values(TOKENIZERS).flatMap(Object.keys),
  ...'general.architecture general.type general.alignment general.quantization_version general.name'.split(
    ' ',
  ),
  ...'block_count context_length embedding_length feed_forward_length vocab_size expert_count'
    .split(' ')
    .map((key) => `llama.${key}`),
  ...'head_count head_count_kv key_length value_length sliding_window layer_norm_rms_epsilon'
    .split(' ')
    .map((key) => `llama.attention.${key}`),
  ...'dimension_count freq_base scaling.type scaling.factor scaling.original_context_length'
    .split(' ')
    .map((key) => `llama.rope.${key}`),
  ...'split.no split.count split.tensors.count tokenizer.chat_template adapter.type adapter.lora.alpha'.split(
    ' ',
  ),
];
const WORDS = [
  ...KEYS,
  'llama',
  'qwen2',
  'gemma3',
  'gpt2',
  'yarn',
  'linear',
  'longrope',
  'adapter',
  'lora',
  'blk.0.attn_q.weight',
  'output.weight',
  'rope_freqs.weight',
  '',
  '\u0000',
  'Ġ',
  '▁',
  '\ud800',
];

const models = [
  smallModel(),
  smallModel({ metadata: { 'tokenizer.chat_template': text(TEMPLATE) } }),
  ...Object.values(TOKENIZERS).map((metadata) => {
    const size = (metadata['tokenizer.ggml.tokens']!.value as readonly string[]).length;
    return smallModel({
      metadata: { 'tokenizer.ggml.merges': undefined, ...metadata },
      tensors: { 'token_embd.weight': { shape: [32, size] } },
    });
  }),
];
const base = readModel(await readGguf(watched(models[0]!)));

async function tokenizerOf(metadata: Record<string, GgufValue>): Promise<Tokenizer> {
  const bytes = writeGguf({ metadata: Object.entries(metadata) });
  return readTokenizer((await readGguf(watched(bytes))).metadata as Metadata);
}
const tokenizers = await Promise.all(Object.values(TOKENIZERS).map(tokenizerOf));

async function twoParts(): Promise<Uint8Array> {
  const [first, second] = writeParts(await splitModel(models[0]!, 2)) as [Uint8Array, Uint8Array];
  const cut = Math.floor((65_536 * first.length) / (first.length + second.length)) + 1;
  return new Uint8Array(Buffer.concat([Uint8Array.of(cut & 255, cut >> 8), first, second]));
}

const ofGguf = { words: WORDS, mutate: mutateGguf };

export const TARGETS: readonly Target[] = [
  { ...ofGguf, name: 'model', seeds: models, run: (bytes) => understand(watched(bytes)) },
  {
    // The first two bytes say where the parts meet, in parts of 65,536 of the rest
    name: 'parts',
    words: WORDS,
    seeds: [await twoParts()],
    async run(bytes) {
      const [low = 0, high = 0] = bytes;
      const rest = bytes.subarray(2);
      const cut = Math.floor(((low + 256 * high) / 65_536) * rest.length);
      await understand(joinSources([watched(rest.subarray(0, cut)), watched(rest.subarray(cut))]));
    },
  },
  {
    ...ofGguf,
    name: 'adapter',
    seeds: [
      adapterFile({
        tensors: {
          'blk.0.ffn_down.weight.lora_a': { shape: [64, 4] },
          'blk.0.ffn_down.weight.lora_b': { shape: [4, 32] },
        },
      }),
    ],
    run: async (bytes) => void readAdapter(await readGguf(watched(bytes)), base),
  },
  {
    // The first byte chooses a tokenizer and how special tokens are read; the rest are UTF-16, right or wrong
    name: 'tokenizer',
    words: ['a', '\u0000', '<s>', '<0x41>', '\u0301', 'ﬁ', '👩‍👩‍👧', "'ll", '12345678'],
    seeds: Array.from({ length: 8 }, (_, i) =>
      Buffer.concat([Uint8Array.of(i), Buffer.from("Hello, wörld! it's 12345  <s>\n", 'utf16le')]),
    ),
    async run(bytes) {
      const [choice = 0] = bytes;
      const tokenizer = tokenizers[choice % tokenizers.length]!;
      const parseSpecial = choice % 8 >= 4;
      const content = Buffer.from(bytes.subarray(1)).toString('utf16le');
      const ids = tokenizer.encode(content, { addSpecial: false, parseSpecial });
      checkIds(ids, tokenizer.size);
      const back = tokenizer.decode(ids);
      if (choice % tokenizers.length === 0 && !parseSpecial && back !== content.toWellFormed())
        throw new Error(`${JSON.stringify(content)} came back as ${JSON.stringify(back)}`);
      tokenizer.encode(tokenizer.guard(content), { parseSpecial: true, isGuarded: true });
    },
  },
  {
    name: 'template',
    words: [
      '{%',
      '%}',
      '{{',
      '}}',
      '{#',
      '#}',
      'for',
      'endfor',
      'if',
      'endif',
      'set',
      'macro',
      'in',
      'range(99999999)',
      'loop',
      'messages',
      "'a'*99999",
      '|tojson',
      '|join',
      '|upper',
      '.split(',
      '[-1]',
      '(',
      ')',
      '-',
      'namespace',
      'not',
      'is',
      'none',
      'defined',
      '~',
    ],
    seeds: [
      TEMPLATE,
      '{{ messages[0].content }}',
      '{%- set ns = namespace(a=1) -%}{% for x in range(3) %}{% set ns.a = ns.a + x %}{{ ns.a }}{% endfor %}',
      "{% macro f(a, b='c') %}{{ a ~ b }}{% endmacro %}{{ f(1) | upper }}{{ messages | tojson(indent=2) }}",
    ].map(encode),
    async run(bytes) {
      let ticks = 0;
      renderChat(new TextDecoder().decode(bytes), [{ role: 'user', content: 'Hi' }], {
        tokenizer: tokenizers[0]!,
        addGenerationPrompt: true,
        now: new Date(0),
        // A template's time in steps: what one step takes, the watch outside sees
        clock: () => ticks++ / 4,
      });
    },
  },
  {
    name: 'wav',
    words: ['RIFF', 'RF64', 'WAVE', 'fmt ', 'data', 'LIST'],
    seeds: [wavOf(Float32Array.of(0, 0.5, -0.5, 1)), wavOf(new Float32Array(64), 48_000, 2)],
    async run(bytes) {
      const blob = new Blob([bytes.slice()]);
      const wav = await readWav(blob);
      if (!wav) return;
      const { frames, channels, sampleBytes, begin } = wav;
      if (begin + frames * channels * sampleBytes > bytes.length)
        throw new Error(`${frames} frames are not there`);
      const samples = await readFrames(blob, wav, 0, frames);
      if (!samples.every(Number.isFinite)) throw new Error('a sample is no number');
    },
  },
];
