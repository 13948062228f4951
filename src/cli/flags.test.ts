import { expect, test } from 'vitest';
import { Flags } from './flags.ts';

test.each(['-', '--', '--bos', '-x', '', ' leading', 'two\nlines', '=a', "'quoted'"])(
  'a text may be %j',
  (text) => {
    expect(new Flags(['--text', text, '--bos'], ['text', 'bos']).string('text')).toBe(text);
    expect(new Flags([`--text=${text}`], ['text', 'bos']).string('text')).toBe(text);
  },
);

test('a flag that a command does not take is refused with those it takes', () => {
  expect(() => new Flags(['--ids', '1'], ['text', 'bos'])).toThrow(/--ids.*--text --bos/);
});

test.each(['1,x', '1,,2', '-1', '4294967296', '1.5'])('ids %j are refused', (ids) => {
  expect(() => new Flags(['--ids', ids], ['ids']).ids('ids')).toThrow('token ids separated by commas');
});
