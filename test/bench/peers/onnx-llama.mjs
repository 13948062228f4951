// @ts-check
// A folder as Transformers.js takes it: a llama of random weights in 4 bits, of the shape of a GGUF file's model. It is
// built as Hugging Face's own 4 bit exports are: MatMulNBits, GroupQueryAttention, the embedding in f32.
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { onnxModel } from './onnx-writer.mjs';

const BLOCK = 32;
const CONTEXT = 4096;
const EPSILON = { float: 1e-5 };
const ROPE_BASE = 500_000;
const MS = 'com.microsoft';

/** @typedef {{ vocab: number, dim: number, blocks: number, heads: number, kvHeads: number, headDim: number, ffn: number }} Shape */

/**
 * @param {string} folder
 * @param {Shape} shape
 */
export function writeOnnxLlama(folder, shape) {
  const { vocab, dim, blocks, heads, kvHeads, headDim, ffn } = shape;
  mkdirSync(join(folder, 'onnx'), { recursive: true });
  const file = 'model_q4.onnx_data';
  const data = openSync(join(folder, 'onnx', file), 'w');
  let at = 0;
  /** @type {import('./onnx-writer.mjs').Tensor[]} */
  const tensors = [];
  /** @type {import('./onnx-writer.mjs').Node[]} */
  const nodes = [];

  const tensor = (
    /** @type {string} */ name,
    /** @type {keyof typeof import('./onnx-writer.mjs').TYPES} */ type,
    /** @type {number[]} */ dims,
    /** @type {Uint8Array} */ pattern,
  ) => {
    const length = dims.reduce((a, b) => a * b, 1) * (type === 'u8' ? 1 : type === 'i64' ? 8 : 4);
    if (length < 1024) {
      tensors.push({ name, type, dims, data: pattern.subarray(0, length) });
      return name;
    }
    tensors.push({ name, type, dims, file, offset: at, length });
    // The pattern again and again: who measures does not notice
    for (let done = 0; done < length; done += pattern.length)
      writeSync(data, pattern, 0, Math.min(pattern.length, length - done));
    at += length;
    return name;
  };
  const node = (
    /** @type {string} */ op,
    /** @type {string[]} */ inputs,
    /** @type {string[]} */ outputs,
    /** @type {import('./onnx-writer.mjs').Node['attributes']} */ attributes = {},
    domain = MS,
  ) => {
    nodes.push({ op, domain, inputs, outputs, attributes });
    return outputs[0] ?? '';
  };

  const noise = randomBytes(2 ** 20);
  const floats = bytesOf(Float32Array.from(noise.subarray(0, 2 ** 18), (byte) => (byte - 127.5) / 6000));
  const scales = bytesOf(Float32Array.from(noise.subarray(0, 2 ** 18), (byte) => 0.003 + byte * 1e-5));
  const ones = bytesOf(new Float32Array(dim).fill(1));
  const linear = (
    /** @type {string} */ name,
    /** @type {string} */ x,
    /** @type {number} */ k,
    /** @type {number} */ n,
  ) => {
    const quants = tensor(`${name}.q`, 'u8', [n, k / BLOCK, BLOCK / 2], noise);
    const each = tensor(`${name}.s`, 'f32', [(n * k) / BLOCK], scales);
    const attributes = { K: k, N: n, bits: 4, block_size: BLOCK, accuracy_level: 4 };
    return node('MatMulNBits', [x, quants, each], [name], attributes);
  };

  const embedding = tensor('embedding', 'f32', [vocab, dim], floats);
  let x = node('Gather', [embedding, 'input_ids'], ['x'], {}, '');
  const [cos, sin] = [Math.cos, Math.sin].map((of) =>
    tensor(of.name, 'f32', [CONTEXT, headDim / 2], bytesOf(rotations(headDim, of))),
  );
  const lengths = node('ReduceSum', ['attention_mask', axis(1)], ['lengths'], { keepdims: 0 }, '');
  const last = node('Sub', [lengths, one()], ['last'], {}, '');
  const seen = node('Cast', [last], ['seen'], { to: 6 }, '');
  const shapeOf = node('Shape', ['attention_mask'], ['mask shape'], {}, '');
  const total = node('Gather', [shapeOf, one()], ['total 64'], { axis: 0 }, '');
  const all = node('Cast', [total], ['total'], { to: 6 }, '');
  let normed = node(
    'SimplifiedLayerNormalization',
    [x, tensor('norm', 'f32', [dim], ones)],
    ['normed'],
    { axis: 2, epsilon: EPSILON },
    '',
  );

  for (let i = 0; i < blocks; i++) {
    const [q, k, v] = [
      linear(`q${i}`, normed, dim, heads * headDim),
      linear(`k${i}`, normed, dim, kvHeads * headDim),
      linear(`v${i}`, normed, dim, kvHeads * headDim),
    ];
    const attended = node(
      'GroupQueryAttention',
      [q, k, v, `past_key_values.${i}.key`, `past_key_values.${i}.value`, seen, all, cos ?? '', sin ?? ''],
      [`attended${i}`, `present.${i}.key`, `present.${i}.value`],
      {
        num_heads: heads,
        kv_num_heads: kvHeads,
        do_rotary: 1,
        rotary_interleaved: 0,
        scale: { float: headDim ** -0.5 },
      },
    );
    const add = (/** @type {string} */ name, /** @type {string} */ y) => {
      const weight = tensor(`${name}.norm`, 'f32', [dim], ones);
      const outputs = [`${name}.normed`, '', '', `${name}.x`];
      normed = node('SkipSimplifiedLayerNormalization', [x, y, weight], outputs, { epsilon: EPSILON });
      x = `${name}.x`;
    };
    add(`middle${i}`, linear(`o${i}`, attended, heads * headDim, dim));
    const gate = linear(`gate${i}`, normed, dim, ffn);
    const up = linear(`up${i}`, normed, dim, ffn);
    const open = node('Sigmoid', [gate], [`sigmoid${i}`], {}, '');
    const silu = node('Mul', [gate, open], [`silu${i}`], {}, '');
    const inner = node('Mul', [silu, up], [`inner${i}`], {}, '');
    add(`end${i}`, linear(`down${i}`, inner, ffn, dim));
  }
  linear('logits', normed, dim, vocab);
  closeSync(data);

  /** @returns {string} */
  function one() {
    if (!tensors.some(({ name }) => name === 'one'))
      tensors.push({ name: 'one', type: 'i64', dims: [], data: bytesOf(BigInt64Array.of(1n)) });
    return 'one';
  }
  /** @param {number} of */
  function axis(of) {
    tensors.push({ name: 'axis', type: 'i64', dims: [1], data: bytesOf(BigInt64Array.of(BigInt(of))) });
    return 'axis';
  }

  const cache = (/** @type {string} */ name, /** @type {string} */ length) =>
    Array.from({ length: blocks }, (_, i) =>
      ['key', 'value'].map((of) => ({
        name: `${name}.${i}.${of}`,
        type: /** @type {const} */ ('f32'),
        dims: ['batch_size', kvHeads, length, headDim],
      })),
    ).flat();
  const model = onnxModel({
    nodes,
    tensors,
    inputs: [
      { name: 'input_ids', type: 'i64', dims: ['batch_size', 'rows'] },
      { name: 'attention_mask', type: 'i64', dims: ['batch_size', 'all'] },
      ...cache('past_key_values', 'past'),
    ],
    outputs: [
      { name: 'logits', type: 'f32', dims: ['batch_size', 'rows', vocab] },
      ...cache('present', 'all'),
    ],
  });
  writeFileSync(join(folder, 'onnx/model_q4.onnx'), model);
  const json = (/** @type {string} */ name, /** @type {object} */ value) =>
    writeFileSync(join(folder, name), JSON.stringify(value));
  json('config.json', {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: dim,
    intermediate_size: ffn,
    num_hidden_layers: blocks,
    num_attention_heads: heads,
    num_key_value_heads: kvHeads,
    head_dim: headDim,
    vocab_size: vocab,
    max_position_embeddings: CONTEXT,
  });
  json('generation_config.json', { bos_token_id: 1, eos_token_id: [] });
}

/** (positions, headDim / 2) @param {number} headDim @param {(angle: number) => number} of */
function rotations(headDim, of) {
  const half = headDim / 2;
  return Float32Array.from({ length: CONTEXT * half }, (_, i) =>
    of(Math.floor(i / half) * ROPE_BASE ** (-(i % half) / half)),
  );
}

/** @param {Float32Array | BigInt64Array} values */
function bytesOf(values) {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Always the same: xorshift32. @param {number} length */
function randomBytes(length) {
  let state = 2_463_534_242;
  return Uint8Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 24;
  });
}
