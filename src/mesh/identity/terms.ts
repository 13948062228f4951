import type { PeerId } from '../../protocol/peer-id.ts';
import type { Bytes } from './bytes.ts';
import { type Grant, type GrantLimits, issueGrant, readGrant, SCOPES } from './grant.ts';
import type { Identity } from './identity.ts';
import { type SealedTask, TaskOpener, TaskSealer } from './task-seal.ts';

/** How two machines prove to each other, over one link, what one asks and what the other has allowed. */
export interface Terms {
  /** Our word that the peer may ask for the next minutes. */
  grant(limits: GrantLimits): Promise<string>;
  /** What a grant of ours says, shown by the peer: fails with `gone` if it has run out, with `not-allowed` if it is none. */
  admit(grant: string): Promise<Grant>;
  /** What we ask of the peer, with its grant. */
  seal(header: Bytes, grant: string): Promise<SealedTask>;
  /** What the peer asks of us: fails with `gone` if it was asked before, with `not-allowed` if it is forged. */
  open(task: SealedTask): Promise<Bytes>;
}

export interface SignedTermsInput {
  identity: Identity;
  /** Who has been proven to be at the other end. */
  peer: PeerId;
  publicKey: Bytes;
  /** What `linkBinding` makes. */
  link: string;
  /** Milliseconds since 1970, by this machine's clock: it is compared with nobody else's. */
  now(): number;
}

export function signedTerms({ identity, peer, publicKey, link, now }: SignedTermsInput): Terms {
  const sealer = new TaskSealer(identity, { asker: identity.peer, worker: peer, link });
  const opener = new TaskOpener(publicKey, { asker: peer, worker: identity.peer, link });
  return {
    grant: (limits) => issueGrant(identity, { asker: peer, scopes: [...SCOPES], limits }, link, now()),
    admit: (grant) => readGrant(grant, identity, peer, link, now()),
    seal: (header, grant) => sealer.seal(header, grant),
    open: (task) => opener.open(task),
  };
}
