import type { MeshAccount, MeshBan, MeshDecision, MeshMachine, MeshWork } from './mesh-calls.ts';
import type { PeerId } from './peer-id.ts';

/** What popup and options call on the offscreen document about the room that this machine is in. */
export interface MeshScreenCalls {
  /** A status now and then one for each change. Ends only by cancelling. */
  meshWatch: { input: undefined; part: MeshStatus; output: undefined };
  meshCreate: { input: undefined; part: never; output: undefined };
  /** A room's code, or a link with one. Resolves when this machine is in the room, whoever else is there or not. */
  meshJoin: { input: { code: string }; part: never; output: undefined };
  /** Ends every link and forgets the room's secret. */
  meshLeave: { input: undefined; part: never; output: undefined };
  /** Without a server, on the machine that is in a room: a text to show to the machine that is to come. */
  meshInvite: { input: undefined; part: never; output: { text: string } };
  /** On the machine that comes: takes the invitation, gives the reply to show back. */
  meshReply: { input: { text: string }; part: never; output: { text: string } };
  /** On the first machine again: takes the reply. Resolves when the two are linked. */
  meshAccept: { input: { text: string }; part: never; output: undefined };
  meshBan: { input: { peer: PeerId }; part: never; output: undefined };
  meshPardon: { input: { peer: PeerId }; part: never; output: undefined };
  /** The settings were changed: they hold from now on. */
  meshConfigure: { input: undefined; part: never; output: undefined };
}

export interface MeshStatus {
  /** Undefined while this machine is in no room. */
  room: { code: string; link: string } | undefined;
  self: { peer: PeerId; name: string; isSharing: boolean } & MeshWork;
  server: { state: 'off' | 'connecting' | 'open' | 'lost'; address: string; problem: string | undefined };
  machines: (MeshMachine & {
    /** Six digits that the other machine's screen shows too, unless somebody sits in the middle. */
    digits: string;
  })[];
  /** Links that are being made. */
  connecting: number;
  bans: MeshBan[];
  accounts: MeshAccount[];
  decisions: MeshDecision[];
}
