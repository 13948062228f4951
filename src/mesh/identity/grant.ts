import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import * as v from 'valibot';
import { type ErrorCode, HearthError } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/peer-id.ts';
import { type Bytes, toBase64Url } from './bytes.ts';
import type { Identity } from './identity.ts';

/** What a machine lets another one ask of it. */
export const SCOPES = ['compute', 'pieces', 'introduce'] as const;
export type Scope = (typeof SCOPES)[number];

export interface GrantLimits {
  /** Bytes that the asker's stages may take here. */
  memoryBytes: number;
  /** Percent of the GPU's time. */
  gpuPercent: number;
}

/**
 * A JWT (RFC 7519, EdDSA) by which the machine that computes lets another ask: `iss` and `aud` are the owner, `sub` the
 * asker, `cnf` (RFC 7800) both of the link's certificates, so that on another link it is worth nothing.
 */
export interface Grant {
  asker: PeerId;
  scopes: Scope[];
  limits: GrantLimits;
}

export const GRANT_SECONDS = 300;
const TYPE = 'hearth-grant+jwt';

const Claims = v.object({
  scope: v.pipe(
    v.string(),
    v.maxLength(100),
    v.transform((text) => text.split(' ')),
    v.array(v.picklist(SCOPES)),
  ),
  limits: v.object({
    memoryBytes: v.pipe(v.number(), v.finite(), v.minValue(0)),
    gpuPercent: v.pipe(v.number(), v.minValue(0), v.maxValue(100)),
  }),
  cnf: v.object({ link: v.string() }),
  iat: v.number(),
  exp: v.number(),
});

/** `link` is what `linkBinding` makes; `now` in milliseconds since 1970. */
export function issueGrant(owner: Identity, grant: Grant, link: string, now: number): Promise<string> {
  const at = Math.floor(now / 1000);
  return new SignJWT({ scope: grant.scopes.join(' '), limits: { ...grant.limits }, cnf: { link } })
    .setProtectedHeader({ alg: 'EdDSA', typ: TYPE })
    .setIssuer(owner.peer)
    .setAudience(owner.peer)
    .setSubject(grant.asker)
    .setIssuedAt(at)
    .setExpirationTime(at + GRANT_SECONDS)
    .sign(owner.privateKey);
}

/** What the owner's own grant allows the asker that shows it; `gone` if it has run out, `not-allowed` with the reason if it is none. */
export async function readGrant(
  token: unknown,
  owner: { peer: PeerId; publicKey: Bytes },
  asker: PeerId,
  link: string,
  now: number,
): Promise<Grant> {
  if (typeof token !== 'string' || token.length > MAX_GRANT_CHARS) throw refused('it is no token');
  const payload = await verified(token, owner, asker, now);
  const claims = v.safeParse(Claims, payload);
  if (!claims.success) throw refused(`it lacks ${v.getDotPath(claims.issues[0]) ?? 'its claims'}`);
  const { scope, limits, cnf, iat, exp } = claims.output;
  if (exp - iat > GRANT_SECONDS) throw refused('it was made to last too long');
  if (cnf.link !== link) throw refused('it was given for another connection');
  return { asker, scopes: scope, limits };
}

/** Of a grant as it travels. */
export const MAX_GRANT_CHARS = 2_000;

async function verified(
  token: string,
  { peer, publicKey }: { peer: PeerId; publicKey: Bytes },
  asker: PeerId,
  now: number,
): Promise<JWTPayload> {
  try {
    const key = await crypto.subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify']);
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['EdDSA'],
      typ: TYPE,
      issuer: peer,
      audience: peer,
      subject: asker,
      requiredClaims: ['iat', 'exp'],
      currentDate: new Date(now),
    });
    return payload;
  } catch (cause) {
    const code = cause instanceof errors.JWTExpired ? 'gone' : 'not-allowed';
    throw refused(cause instanceof Error ? cause.message : 'it cannot be read', { code, cause });
  }
}

/** The same on both ends of a link, and on no other. */
export function linkBinding(a: Bytes, b: Bytes): string {
  return [toBase64Url(a), toBase64Url(b)].sort().join('.');
}

function refused(
  why: string,
  { code, cause }: { code: ErrorCode; cause?: unknown } = { code: 'not-allowed' },
): HearthError {
  return new HearthError(code, `The grant is not valid: ${why}. Ask for a new one.`, { cause });
}
