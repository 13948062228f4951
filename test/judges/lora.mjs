// @ts-check
// Judges what a LoRA adapter does by llama.cpp, on its CPU: logits of a small model of random weights with a random
// adapter beside it.
//
//   node test/judges/lora.mjs --package ~/somewhere/node_modules/node-llama-cpp
import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseFlags } from '../../src/build/flags.mjs';
import { out } from '../../src/build/run.mjs';
import { main } from '../../src/build/trouble.mjs';
import { hearth, openLlama, PACKAGE_FLAG, relativeError } from './shared.mjs';

const IDS = [3, 1001, 512, 7, 90, 1001, 3, 255];
/** Both compute in f32, but round to f16 in their caches. */
const TOLERANCE = 2e-3;
const [ALPHA, RANK] = [8, 8];
const MATRICES = {
  'blk.0.attn_q.weight': [256, 256],
  'blk.0.attn_v.weight': [256, 128],
  'blk.1.attn_output.weight': [256, 256],
  'blk.0.ffn_gate.weight': [256, 512],
  'blk.1.ffn_down.weight': [512, 256],
};

await main(async () => {
  const flags = parseFlags(process.argv.slice(2), { package: PACKAGE_FLAG });
  const llama = await openLlama(flags.package);
  const folder = resolve(out, 'judges');
  mkdirSync(folder, { recursive: true });
  const [model, lora] = [resolve(folder, 'lora-base.gguf'), resolve(folder, 'lora.gguf')];
  hearth('random', '--shape', 'tiny', '--quant', 'F32', '--out', model);
  writeFileSync(lora, adapter());

  const ids = ['--ids', IDS.join(), '--all'];
  const plain = hearth('logits', '--model', model, ...ids).logits.flat();
  const adapted = hearth('logits', '--model', model, '--lora', lora, ...ids).logits.flat();
  const judged = (await llama(model, IDS, { lora })).flat();
  const error = relativeError(adapted, judged);
  const change = relativeError(plain, judged);
  console.log(`${error.toExponential(1)} from llama.cpp's, of a change of ${change.toExponential(1)}`);
  if (!(error <= TOLERANCE && change > 20 * TOLERANCE)) process.exitCode = 1;
});

/** A GGUF file written by hand: what judges our reader is not our writer. */
function adapter() {
  const u32 = (/** @type {number} */ value) => Buffer.from(Uint32Array.of(value).buffer);
  const u64 = (/** @type {number} */ value) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
  const f32 = (/** @type {number} */ value) => Buffer.from(Float32Array.of(value).buffer);
  const text = (/** @type {string} */ value) => Buffer.concat([u64(value.length), Buffer.from(value)]);
  const entry = (/** @type {string} */ key, /** @type {string | number} */ value) =>
    typeof value === 'string'
      ? Buffer.concat([text(key), u32(8), text(value)])
      : Buffer.concat([text(key), u32(6), f32(value)]);

  const entries = [
    entry('general.type', 'adapter'),
    entry('general.architecture', 'llama'),
    entry('adapter.type', 'lora'),
    entry('adapter.lora.alpha', ALPHA),
  ];
  const tensors = Object.entries(MATRICES).flatMap(([name, [inputs = 0, outputs = 0]]) => [
    { name: `${name}.lora_a`, shape: [inputs, RANK] },
    { name: `${name}.lora_b`, shape: [RANK, outputs] },
  ]);
  let offset = 0;
  let state = 1;
  const infos = tensors.map(({ name, shape }) => {
    const info = Buffer.concat([text(name), u32(2), ...shape.map(u64), u32(0), u64(offset)]);
    offset += 4 * shape.reduce((a, b) => a * b);
    return info;
  });
  const data = Float32Array.from({ length: offset / 4 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state / 2 ** 32 - 0.5) * 0.4;
  });
  const header = Buffer.concat([
    Buffer.from('GGUF'),
    u32(3),
    u64(tensors.length),
    u64(entries.length),
    ...entries,
    ...infos,
  ]);
  return Buffer.concat([header, Buffer.alloc(-header.length & 31), Buffer.from(data.buffer)]);
}
