import { expect, test } from 'vitest';
import { parseFlags, usage, wholeNumber } from './flags.mjs';

const FLAGS = {
  headless: { about: 'shows nothing' },
  prompt: { takes: 'TEXT', about: 'asks this' },
  port: { takes: 'N', about: 'listens there', parse: wholeNumber(1, 65_535) },
};

test.each([
  { args: [], given: {} },
  { args: ['--headless'], given: { headless: true } },
  { args: ['--prompt', 'Hello = there', '--port', '80'], given: { prompt: 'Hello = there', port: 80 } },
  { args: ['--prompt=a=b\nc', '--port=65535'], given: { prompt: 'a=b\nc', port: 65_535 } },
  { args: ['--prompt', '--headless'], given: { prompt: '--headless' } },
  { args: ['--prompt='], given: { prompt: '' } },
  { args: ['--help'], given: { help: true } },
])('$args are read as $given', ({ args, given }) => {
  expect(parseFlags(args, FLAGS)).toEqual(given);
});

test.each([
  { args: ['--speed'], why: '"--speed" means nothing here' },
  { args: ['hello'], why: '"hello" means nothing here' },
  { args: ['-h'], why: '"-h" means nothing here' },
  { args: ['--constructor'], why: '"--constructor" means nothing here' },
  { args: ['--headless=yes'], why: '--headless takes no value' },
  { args: ['--prompt'], why: '--prompt needs a value: --prompt TEXT' },
  { args: ['--port', '0'], why: 'from 1 to 65535, and got "0"' },
  { args: ['--port', '65536'], why: 'from 1 to 65535' },
  { args: ['--port', '8e3'], why: 'from 1 to 65535' },
  { args: ['--port', ''], why: 'from 1 to 65535' },
])('$args are refused with a reason', ({ args, why }) => {
  expect(() => parseFlags(args, FLAGS)).toThrow(why);
});

test('the help names every flag with its value', () => {
  expect(usage(FLAGS)).toBe(
    [
      '  --headless     shows nothing',
      '  --prompt TEXT  asks this',
      '  --port N       listens there',
      '  --help         shows this',
    ].join('\n'),
  );
});
