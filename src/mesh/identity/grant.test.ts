import { SignJWT } from 'jose';
import { expect, test } from 'vitest';
import type { PeerId } from '../../protocol/peer-id.ts';
import { type Bytes, utf8 } from './bytes.ts';
import { type Grant, issueGrant, linkBinding, readGrant } from './grant.ts';
import { type Identity, identityOf, newKeyPair } from './identity.ts';
import { REPLAY_WINDOW, ReplayWindow } from './replay-window.ts';
import { MAX_TASK_BYTES, type SealedTask, TaskOpener, TaskSealer } from './task-seal.ts';

const [owner, asker, stranger] = (await Promise.all(
  [1, 2, 3].map(async () => identityOf(await newKeyPair())),
)) as [Identity, Identity, Identity];
const NOW = Date.UTC(2026, 0, 1);
const link = linkBinding(new Uint8Array(32).fill(1), new Uint8Array(32).fill(2));
const grant: Grant = {
  asker: asker.peer,
  scopes: ['compute', 'pieces'],
  limits: { memoryBytes: 2 ** 30, gpuPercent: 50 },
};
const read = (token: unknown, at = NOW, by: PeerId = asker.peer, on = link) =>
  readGrant(token, owner, by, on, at);

test('the owner reads its own grant from who it was given to', async () => {
  expect(await read(await issueGrant(owner, grant, link, NOW))).toEqual(grant);
});

test('both ends of a link name it alike', () => {
  const [a, b] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  expect(linkBinding(a, b)).toBe(linkBinding(b, a));
});

test('a grant holds for five minutes and not longer', async () => {
  const token = await issueGrant(owner, grant, link, NOW);
  await read(token, NOW + 299_000);
  await expect(read(token, NOW + 301_000)).rejects.toMatchObject({ code: 'gone' });
});

test.each([
  { why: 'shown by somebody else', by: stranger.peer },
  { why: 'shown on another link', on: linkBinding(new Uint8Array(32), new Uint8Array(32)) },
])('a grant that is $why is refused', async ({ by, on }) => {
  await expect(read(await issueGrant(owner, grant, link, NOW), NOW, by, on)).rejects.toThrow('not valid');
});

const forged = (by: Identity, change: (jwt: SignJWT) => SignJWT, alg = 'EdDSA') =>
  change(
    new SignJWT({ scope: 'compute', limits: grant.limits, cnf: { link } })
      .setProtectedHeader({ alg, typ: 'hearth-grant+jwt' })
      .setIssuer(owner.peer)
      .setAudience(owner.peer)
      .setSubject(asker.peer)
      .setIssuedAt(NOW / 1000)
      .setExpirationTime(NOW / 1000 + 300),
  ).sign(by.privateKey);

test.each([
  { why: 'signed by another', token: () => forged(stranger, (jwt) => jwt) },
  { why: 'for another audience', token: () => forged(owner, (jwt) => jwt.setAudience(stranger.peer)) },
  { why: 'by another issuer', token: () => forged(owner, (jwt) => jwt.setIssuer(stranger.peer)) },
  { why: 'good for an hour', token: () => forged(owner, (jwt) => jwt.setExpirationTime(NOW / 1000 + 3600)) },
  {
    why: 'without an end',
    token: () =>
      new SignJWT({ scope: 'compute', limits: grant.limits, cnf: { link } })
        .setProtectedHeader({ alg: 'EdDSA', typ: 'hearth-grant+jwt' })
        .setIssuer(owner.peer)
        .setAudience(owner.peer)
        .setSubject(asker.peer)
        .setIssuedAt(NOW / 1000)
        .sign(owner.privateKey),
  },
  {
    why: 'not signed at all',
    token: async () => {
      const [, claims] = (await issueGrant(owner, grant, link, NOW)).split('.');
      return `${btoa('{"alg":"none","typ":"hearth-grant+jwt"}').replace(/=+$/, '')}.${claims}.`;
    },
  },
  {
    why: 'changed',
    token: async () => {
      const [head, claims, signature] = (await issueGrant(owner, grant, link, NOW)).split('.');
      const more = atob(claims!.replaceAll('-', '+').replaceAll('_', '/')).replace(
        '"gpuPercent":50',
        '"gpuPercent":99',
      );
      return `${head}.${btoa(more).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')}.${signature}`;
    },
  },
  { why: 'no text', token: async () => ({}) },
  { why: 'endless', token: async () => 'e'.repeat(100_000) },
])('a token that is $why is refused', async ({ token }) => {
  await expect(read(await token())).rejects.toThrow('The grant is not valid');
});

const parties = { asker: asker.peer, worker: owner.peer, link };
const pair = () => ({
  sealer: new TaskSealer(asker, parties),
  opener: new TaskOpener(asker.publicKey, parties),
});

test('a task is opened once, whatever order tasks come in', async () => {
  const { sealer, opener } = pair();
  const sealed = [];
  for (const name of ['a', 'b', 'c']) sealed.push(await sealer.seal(utf8(name), 'grant'));
  for (const i of [2, 0, 1]) expect(await opener.open(sealed[i]!)).toEqual(utf8('abc'[i]!));
  for (const task of sealed)
    await expect(opener.open(task)).rejects.toMatchObject({
      code: 'gone',
      message: expect.stringContaining('used before'),
    });
});

const flipped = (bytes: Bytes, at: number) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));

test('whatever is changed spoils a task', async () => {
  const { sealer, opener } = pair();
  const sealed = await sealer.seal(utf8('layers 3 to 9'), 'grant');
  const changed: SealedTask[] = [
    { ...sealed, number: sealed.number + 1 },
    { ...sealed, grant: 'another' },
    { ...sealed, signature: sealed.signature.slice(1) },
    ...[...sealed.signature.keys()].map((at) => ({ ...sealed, signature: flipped(sealed.signature, at) })),
    ...[...sealed.header.keys()].map((at) => ({ ...sealed, header: flipped(sealed.header, at) })),
  ];
  for (const task of changed) await expect(opener.open(task)).rejects.toMatchObject({ code: 'not-allowed' });
  await opener.open(sealed);
});

test('a task is refused on another link, by another asker, and when it is too long', async () => {
  const { sealer } = pair();
  const sealed = await sealer.seal(utf8('x'), 'grant');
  await expect(new TaskOpener(asker.publicKey, { ...parties, link: 'other' }).open(sealed)).rejects.toThrow(
    'signature',
  );
  await expect(new TaskOpener(stranger.publicKey, parties).open(sealed)).rejects.toThrow('signature');
  await expect(sealer.seal(new Uint8Array(MAX_TASK_BYTES + 1), 'grant')).rejects.toThrow('too long');
});

test('the replay window takes each number once, and none from before it', () => {
  const window = new ReplayWindow();
  const taken = [0, 5, 3, 5, 2_000, 2_000 - REPLAY_WINDOW, 2_000 - REPLAY_WINDOW + 1, 1_999, 1_999, -1, 0.5];
  expect(taken.map((number) => window.take(number))).toEqual([
    true,
    true,
    true,
    false,
    true,
    false,
    true,
    true,
    false,
    false,
    false,
  ]);
});

test('the replay window agrees with one that forgets nothing', () => {
  const window = new ReplayWindow();
  const seen = new Set<number>();
  let newest = -1;
  for (let i = 0, number = 0; i < 20_000; i++) {
    number = (number + ((i * 7_919) % 700)) % 50_000;
    const isNew = !seen.has(number) && number > newest - REPLAY_WINDOW;
    expect(window.take(number)).toBe(isNew);
    seen.add(number);
    newest = Math.max(newest, number);
  }
});
