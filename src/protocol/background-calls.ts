import type { BuiltInChoice } from './built-in-ai.ts';
import type { HubAccess, HubState } from './hub.ts';
import type { MeshBan } from './mesh-calls.ts';
import type { PeerId } from './peer-id.ts';
import type { Settings } from './settings.ts';

/**
 * What the offscreen document and the user's screens call on the background worker, which alone holds
 * storage. It may stop between any two calls; each call finds all it needs in storage.
 */
export interface BackgroundCalls {
  /** Opens the offscreen document if it is not there. Screens call it before they connect to it. */
  wake: { input: undefined; part: never; output: undefined };
  settings: { input: undefined; part: never; output: Settings };
  changeSettings: { input: Partial<Settings>; part: never; output: Settings };
  sites: { input: undefined; part: never; output: SiteConsent[] };
  consent: { input: { origin: string }; part: never; output: SiteConsent | undefined };
  /** Remembers a decision, or forgets the site. `once` is not remembered here: it lives with the page's port. */
  decide: {
    input: { origin: string; models: string[]; decision: 'allow' | 'block' | 'forget' };
    part: never;
    output: undefined;
  };
  /** Sites for which the user has chosen who answers where the browser has built-in AI itself. */
  builtInSites: { input: undefined; part: never; output: BuiltInSite[] };
  /** The site's choice, or that of all sites without one. */
  builtInChoice: { input: { origin: string }; part: never; output: BuiltInChoice };
  chooseBuiltIn: {
    input: { origin: string; choice: BuiltInChoice | 'default' };
    part: never;
    output: undefined;
  };
  /** Opens the prompt window for a question that the offscreen document holds. */
  openPrompt: { input: { question: string }; part: never; output: undefined };
  /** Closes it: whoever asked has gone. */
  closePrompt: { input: { question: string }; part: never; output: undefined };
  room: { input: undefined; part: never; output: RememberedRoom | undefined };
  /** Undefined: the room was left, and nothing of it is kept. */
  rememberRoom: { input: RememberedRoom | undefined; part: never; output: undefined };
  /** Whether nobody has touched the machine in the last minute. */
  isIdle: { input: undefined; part: never; output: boolean };
  /** The hub, and whether a token for it is kept. The token itself no screen ever gets back. */
  hub: { input: undefined; part: never; output: HubState };
  /** Undefined removes it. */
  keepHubToken: { input: { token: string | undefined }; part: never; output: undefined };
  /** For one search or download of the offscreen document. */
  hubAccess: { input: undefined; part: never; output: HubAccess };
  /** Bytes of memory that the machine has. WebGPU does not say how much its adapter has. */
  memory: { input: undefined; part: never; output: number };
}

/** The room that this machine goes back to when the browser starts. */
export interface RememberedRoom {
  code: string;
  /** Machines that were linked. */
  known: PeerId[];
  bans: MeshBan[];
}

export interface SiteConsent {
  origin: string;
  decision: 'allow' | 'block';
  models: string[];
  decidedAt: number;
}

export interface BuiltInSite {
  origin: string;
  choice: BuiltInChoice;
}
