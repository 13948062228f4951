// A model small enough to be written by a test, and ways in which a stranger's file may be wrong.
import { tensorBytes, ggmlType, ggmlTypeId, type GgmlTypeName } from '../../models/gguf/ggml-types.ts';
import type { GgufValue } from '../../models/gguf/values.ts';
import { writeGguf } from '../../models/gguf/write-gguf.ts';
import type { ErrorCode } from '../../src/protocol/errors.ts';

const uint32 = (value: number): GgufValue => ({ type: 'uint32', value });
const string = (value: string): GgufValue => ({ type: 'string', value });
const strings = (value: string[]): GgufValue => ({ type: 'array', of: 'string', value });

const [DIM, FFN, VOCAB] = [32, 64, 64];

const METADATA: Record<string, GgufValue> = {
  'general.architecture': string('llama'),
  'general.name': string('small'),
  'llama.block_count': uint32(1),
  'llama.context_length': uint32(64),
  'llama.embedding_length': uint32(DIM),
  'llama.feed_forward_length': uint32(FFN),
  'llama.attention.head_count': uint32(2),
  'llama.attention.layer_norm_rms_epsilon': { type: 'float32', value: 1e-5 },
  'tokenizer.ggml.model': string('gpt2'),
  'tokenizer.ggml.tokens': strings(Array.from({ length: VOCAB }, (_, i) => String.fromCharCode(64 + i))),
  'tokenizer.ggml.merges': strings([]),
};

interface Tensor {
  shape: number[];
  type?: GgmlTypeName;
}

const TENSORS: Record<string, Tensor> = {
  'token_embd.weight': { shape: [DIM, VOCAB] },
  'output_norm.weight': { shape: [DIM] },
  'blk.0.attn_norm.weight': { shape: [DIM] },
  'blk.0.attn_q.weight': { shape: [DIM, DIM] },
  'blk.0.attn_k.weight': { shape: [DIM, DIM] },
  'blk.0.attn_v.weight': { shape: [DIM, DIM] },
  'blk.0.attn_output.weight': { shape: [DIM, DIM] },
  'blk.0.ffn_norm.weight': { shape: [DIM] },
  'blk.0.ffn_gate.weight': { shape: [DIM, FFN] },
  'blk.0.ffn_up.weight': { shape: [DIM, FFN] },
  'blk.0.ffn_down.weight': { shape: [FFN, DIM] },
};

export interface Changes {
  metadata?: Record<string, GgufValue | undefined>;
  tensors?: Record<string, Tensor | undefined>;
}

/** A sound model of 60 kB whose weights are all zero. Changes to undefined take an entry away. */
export function smallModel({ metadata, tensors }: Changes = {}): Uint8Array<ArrayBuffer> {
  const present = <T>(entries: Record<string, T | undefined>) =>
    Object.entries(entries).filter((entry): entry is [string, T] => entry[1] !== undefined);
  return new Uint8Array(
    writeGguf({
      metadata: present({ ...METADATA, ...metadata }),
      tensors: present({ ...TENSORS, ...tensors }).map(([name, { shape, type = 'F32' }]) => ({
        name,
        type,
        shape,
        data: new Uint8Array(tensorBytes(ggmlType(ggmlTypeId(type))!, shape)!),
      })),
    }),
  );
}

/** Writes `value`, little-endian, over the 8 bytes that begin `past` bytes after the text. */
function overwrite(text: string, past: number, value: bigint): Uint8Array<ArrayBuffer> {
  const bytes = smallModel();
  const at = Buffer.from(bytes.buffer).indexOf(text);
  new DataView(bytes.buffer).setBigUint64(at + text.length + past, value, true);
  return bytes;
}

function header(magic: string, version: number, counts: [bigint, bigint]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(magic));
  view.setUint32(4, version, true);
  view.setBigUint64(8, counts[0], true);
  view.setBigUint64(16, counts[1], true);
  return bytes;
}

export interface BadFile {
  why: string;
  bytes: Uint8Array<ArrayBuffer>;
  code: ErrorCode;
  /** Part of the sentence. */
  says: string;
}

const sound = smallModel();

/** Files that must be refused, each with a sentence of its own. */
export const BAD_FILES: BadFile[] = [
  { why: 'empty', bytes: new Uint8Array(0), code: 'bad-model', says: 'not a GGUF' },
  {
    why: 'a web page',
    bytes: new TextEncoder().encode('<!doctype html><title>Log in to the guest network</title>'),
    code: 'bad-model',
    says: 'not a GGUF',
  },
  { why: 'version 1', bytes: header('GGUF', 1, [0n, 0n]), code: 'unsupported-model', says: 'version 1' },
  {
    why: 'big-endian',
    bytes: header('GGUF', 3 << 24, [0n, 0n]),
    code: 'unsupported-model',
    says: 'big-endian',
  },
  {
    why: '2^60 tensors',
    bytes: header('GGUF', 3, [2n ** 60n, 0n]),
    code: 'bad-model',
    says: 'more than the whole file',
  },
  {
    why: '2^64 - 1 metadata entries',
    bytes: header('GGUF', 3, [0n, 2n ** 64n - 1n]),
    code: 'bad-model',
    says: 'more than the whole file',
  },
  { why: 'cut within its header', bytes: sound.slice(0, 300), code: 'bad-model', says: 'damaged' },
  { why: 'cut within its tensors', bytes: sound.slice(0, -100), code: 'bad-model', says: 'should end at' },
  {
    why: 'a text of 2^62 bytes',
    bytes: overwrite('general.architecture', 4, 2n ** 62n),
    code: 'bad-model',
    says: 'bytes of text',
  },
  {
    why: 'a list of 2^40 tokens',
    bytes: overwrite('tokenizer.ggml.tokens', 8, 2n ** 40n),
    code: 'bad-model',
    says: 'values, more than',
  },
  {
    why: 'a matrix of 2^50 rows',
    bytes: overwrite('blk.0.attn_q.weight', 12, 2n ** 50n),
    code: 'bad-model',
    says: 'attn_q',
  },
  {
    why: 'a tensor at 2^60',
    bytes: overwrite('blk.0.attn_q.weight', 24, 2n ** 60n),
    code: 'bad-model',
    says: 'attn_q',
  },
  {
    why: 'tensors that overlap',
    bytes: overwrite('blk.0.attn_q.weight', 24, 0n),
    code: 'bad-model',
    says: 'overlap',
  },
  {
    why: 'another family',
    bytes: smallModel({ metadata: { 'general.architecture': string('mamba') } }),
    code: 'unsupported-model',
    says: 'mamba',
  },
  {
    why: 'another tokenizer',
    bytes: smallModel({ metadata: { 'tokenizer.ggml.model': string('runes') } }),
    code: 'unsupported-model',
    says: 'runes',
  },
  {
    why: 'another way to cut words',
    bytes: smallModel({ metadata: { 'tokenizer.ggml.pre': string('klingon') } }),
    code: 'unsupported-model',
    says: 'klingon',
  },
  {
    why: 'what its tokenizer does not know',
    bytes: smallModel({ metadata: { 'tokenizer.ggml.novelty': uint32(1) } }),
    code: 'unsupported-model',
    says: 'tokenizer.ggml.novelty',
  },
  {
    why: 'an adapter',
    bytes: smallModel({ metadata: { 'general.type': string('adapter') } }),
    code: 'unsupported-model',
    says: '"adapter"',
  },
  {
    why: 'one of several files',
    bytes: smallModel({
      metadata: { 'split.no': { type: 'uint16', value: 1 }, 'split.count': { type: 'uint16', value: 3 } },
    }),
    code: 'bad-model',
    says: 'part 2 of 3',
  },
  {
    why: 'a vocabulary of another size',
    bytes: smallModel({ metadata: { 'tokenizer.ggml.tokens': strings(['a', 'b']) } }),
    code: 'bad-model',
    says: 'vocabulary has 2',
  },
  {
    why: 'a thousand blocks that are not there',
    bytes: smallModel({ metadata: { 'llama.block_count': uint32(1000) } }),
    code: 'bad-model',
    says: 'lacks the tensor',
  },
  {
    why: 'a number where a text belongs',
    bytes: smallModel({ metadata: { 'tokenizer.chat_template': uint32(7) } }),
    code: 'bad-model',
    says: 'should be a text',
  },
  {
    why: 'a missing tensor',
    bytes: smallModel({ tensors: { 'output_norm.weight': undefined } }),
    code: 'bad-model',
    says: 'output_norm',
  },
  {
    why: 'a matrix of another shape',
    bytes: smallModel({ tensors: { 'blk.0.ffn_down.weight': { shape: [DIM, FFN] } } }),
    code: 'bad-model',
    says: 'should be 64 × 32',
  },
  {
    why: 'weights of a type that is not computed with',
    bytes: smallModel({ tensors: { 'blk.0.attn_q.weight': { shape: [DIM, DIM], type: 'Q8_1' } } }),
    code: 'unsupported-model',
    says: 'Q8_1',
  },
  {
    why: 'a norm in half precision',
    bytes: smallModel({ tensors: { 'blk.0.ffn_norm.weight': { shape: [DIM], type: 'F16' } } }),
    code: 'unsupported-model',
    says: 'only as F32',
  },
];

/** Each is a sound file whose template cannot be run to its end. */
export const BAD_TEMPLATES: { why: string; template: string; says: string }[] = [
  {
    why: 'runs for ever',
    template:
      '{% for a in range(100000) %}{% for b in range(100000) %}{% for c in range(100000) %}{% endfor %}{% endfor %}{% endfor %}',
    says: 'runs for more than',
  },
  {
    why: 'calls itself',
    template: '{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}',
    says: 'cannot be run',
  },
  {
    why: 'doubles a text without end',
    template:
      "{% set ns = namespace(t='ab') %}{% for i in range(99) %}{% set ns.t = ns.t ~ ns.t %}{% endfor %}{{ ns.t }}",
    says: 'makes a value of more than',
  },
  { why: 'is not finished', template: '{% for m in messages %}', says: 'cannot be run' },
];

export function modelWithTemplate(template: string): Uint8Array<ArrayBuffer> {
  return smallModel({ metadata: { 'tokenizer.chat_template': string(template) } });
}
