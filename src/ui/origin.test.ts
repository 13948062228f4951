import { expect, test } from 'vitest';
import { describeOrigin } from './origin.ts';

test('a plain site is its host, without a warning', () => {
  expect(describeOrigin('https://example.com')).toEqual({
    scheme: 'https://',
    host: 'example.com',
    isOpaque: false,
    warning: undefined,
  });
});

test('an address in other letters stays coded and says so', () => {
  // What a browser gives for a Cyrillic imitation of apple.com
  const { origin } = new URL('https://аррӏе.com');
  const words = describeOrigin(origin);
  expect(words.host).toBe('xn--80ak6aa92e.com');
  expect(words.warning).toMatch(/imitate/);
});

test.each(['http://localhost:5173', 'http://app.localhost', 'http://127.0.0.1:8080', 'http://[::1]:3000'])(
  '%s is this machine, so plain http is no matter',
  (origin) => expect(describeOrigin(origin).warning).toBeUndefined(),
);

test.each(['http://example.com', 'http://localhost.example.com', 'http://127.0.0.1.example.com'])(
  '%s is not encrypted, and says so',
  (origin) => expect(describeOrigin(origin).warning).toMatch(/not encrypted/),
);

test.each(['null', '', 'javascript:alert(1)', 'https://'])('%j has no address to show', (origin) => {
  const words = describeOrigin(origin);
  expect(words.isOpaque).toBe(true);
  expect(words.host).toBe('A page without an address');
});
