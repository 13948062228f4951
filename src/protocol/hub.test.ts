import { expect, test } from 'vitest';
import { hubOrigin } from './hub.ts';

test.each([
  ['https://mirror.example', 'https://mirror.example'],
  ['https://mirror.example:8443/', 'https://mirror.example:8443'],
  ['http://localhost:8000', 'http://localhost:8000'],
  ['http://127.0.0.1', 'http://127.0.0.1'],
  ['http://[::1]:8000/', 'http://[::1]:8000'],
  ['http://mirror.example', undefined],
  ['http://localhost.example', undefined],
  ['https://user:secret@mirror.example', undefined],
  ['https://mirror.example/models', undefined],
  ['https://mirror.example/?token=x', undefined],
  ['mirror.example', undefined],
  ['javascript:alert(1)', undefined],
  ['', undefined],
])('a hub at %s is %s', (address, origin) => expect(hubOrigin(address)).toBe(origin));
