import { expect, test } from 'vitest';
import { parseLora } from './adapters.ts';

test.each([
  ['a.gguf', { path: 'a.gguf', scale: 1 }],
  ['a.gguf:0.5', { path: 'a.gguf', scale: 0.5 }],
  ['a.gguf:-2e-1', { path: 'a.gguf', scale: -0.2 }],
  ['b:c/a.gguf', { path: 'b:c/a.gguf', scale: 1 }],
  ['C:\\models\\a.gguf', { path: 'C:\\models\\a.gguf', scale: 1 }],
  ['C:\\a.gguf:2', { path: 'C:\\a.gguf', scale: 2 }],
])('%s', (text, parsed) => expect(parseLora(text)).toEqual(parsed));

test.each(['a.gguf:', 'a.gguf:much', 'a.gguf:1e999'])('%s is refused', (text) => {
  expect(() => parseLora(text)).toThrow('FILE:SCALE');
});
