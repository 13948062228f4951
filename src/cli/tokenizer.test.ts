import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeGguf } from '../../models/gguf/write-gguf.ts';
import { detokenize } from './commands/detokenize.ts';
import { tokenize } from './commands/tokenize.ts';

test('a file of nothing but a vocabulary, of a family that Hearth does not run, tokenizes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hearth-vocabulary-'));
  const model = join(folder, 'vocabulary.gguf');
  const texts = ['a', 'b', 'ab', '<end>'];
  try {
    writeFileSync(
      model,
      writeGguf({
        metadata: [
          ['general.architecture', { type: 'string', value: 'gpt2' }],
          ['tokenizer.ggml.model', { type: 'string', value: 'gpt2' }],
          ['tokenizer.ggml.pre', { type: 'string', value: 'gpt-2' }],
          ['tokenizer.ggml.tokens', { type: 'array', of: 'string', value: texts }],
          ['tokenizer.ggml.token_type', { type: 'array', of: 'int32', value: Int32Array.of(1, 1, 1, 3) }],
          ['tokenizer.ggml.merges', { type: 'array', of: 'string', value: ['a b'] }],
          ['tokenizer.ggml.bos_token_id', { type: 'uint32', value: 3 }],
        ],
      }),
    );
    expect(await tokenize(['--model', model, '--text', 'abba'])).toEqual({ ids: [2, 1, 0] });
    expect(await tokenize(['--model', model, '--text', 'a', '--bos'])).toEqual({ ids: [3, 0] });
    expect(await tokenize(['--model', model, '--text', '<end>', '--parse-special'])).toEqual({ ids: [3] });
    expect(await detokenize(['--model', model, '--ids', '2,1,0'])).toEqual({ text: 'abba' });
    await expect(detokenize(['--model', model, '--ids', '4'])).rejects.toThrow('vocabulary of 4');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
