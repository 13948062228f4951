import type { PeerId } from './peer-id.ts';

/**
 * What the offscreen document, which alone can make peer connections, calls on the mesh in the engine worker, where
 * their data channels are read and written. A connection is known by a number from the moment its first channel is
 * made; its channels are handed over before they open, as the platform asks.
 */
export interface MeshWorkerCalls {
  /** Takes part in a room until cancelled. The parts are what the document must know or do. */
  run: { input: MeshSelf; part: MeshEvent; output: undefined };
  configure: { input: Pick<MeshSelf, 'name' | 'share'>; part: never; output: undefined };
  channels: {
    input: { connection: number; lane: MeshChannelLane; channels: RTCDataChannel[] };
    part: never;
    output: undefined;
  };
  /** The peer is proven, and `binding` names the link by both its certificates. Resolves when all channels are open. */
  open: {
    input: {
      connection: number;
      peer: PeerId;
      publicKey: Uint8Array<ArrayBuffer>;
      binding: string;
      epoch: number;
    };
    part: never;
    output: undefined;
  };
  /** Both sides are open: the peer belongs to the mesh from here on. */
  join: { input: { connection: number }; part: never; output: undefined };
  drop: { input: { connection: number; reason: string }; part: never; output: undefined };
  /** A message to the document of a peer. */
  signal: { input: { peer: PeerId; message: unknown }; part: never; output: undefined };
  ban: { input: { peer: PeerId; why: string }; part: never; output: undefined };
  pardon: { input: { peer: PeerId }; part: never; output: undefined };
}

export type MeshChannelLane = 'control' | 'activation' | 'bulk';

/** This machine, as it takes part. */
export interface MeshSelf {
  self: PeerId;
  /** The private one cannot be read, here or there: the worker signs with it what it asks and allows. */
  keys: { publicKey: Uint8Array<ArrayBuffer>; privateKey: CryptoKey };
  incarnation: number;
  name: string;
  share: MeshShare;
  bans: MeshBan[];
}

/** What others get of this machine. */
export interface MeshShare {
  isOn: boolean;
  /** Percent of the GPU's time. */
  gpuPercent: number;
  memoryBytes: number;
}

export interface MeshBan {
  peer: PeerId;
  why: string;
}

export type MeshEvent =
  | { kind: 'machines'; machines: MeshMachine[]; own: MeshWork }
  | { kind: 'signal'; peer: PeerId; message: unknown }
  | { kind: 'closed'; connection: number; reason: string }
  | { kind: 'bans'; bans: MeshBan[] }
  | { kind: 'accounts'; accounts: MeshAccount[] }
  /** Where a model of ours runs now, or what came in between: in words. */
  | ({ kind: 'decision' } & MeshDecision);

/** How a model of ours is laid out over the room. */
export interface MeshDecision {
  model: string;
  why: string;
  /** Of its last steps, what they were predicted to take and what they took, in milliseconds; zeros before there are some. */
  laps: { laps: number; predictedMs: number; measuredMs: number };
}

/** What this machine has given to another and taken from it, all in all, as both have signed it. */
export interface MeshAccount {
  peer: PeerId;
  /** As it was called last. */
  name: string;
  given: MeshDone;
  taken: MeshDone;
}

export interface MeshDone {
  /** Rows computed, times layers. */
  rowLayers: number;
  gpuMs: number;
  bytes: number;
}

/** What a machine does in the room. */
export interface MeshWork {
  /** For whom it computes. */
  worksFor: PeerId[];
  /** Of its own answers that go through the room. */
  tokensPerSecond: number;
}

/** Another machine of the room, as its beats tell. */
export interface MeshMachine extends MeshWork {
  peer: PeerId;
  name: string;
  gpu: string;
  isSharing: boolean;
  /** Share of its GPU's time that is taken, 0–1. */
  load: number;
  rttMs: number;
  freeBytes: number;
  /** Models that it holds, as a whole or in part, by their hashes or names. */
  holds: string[];
  /** It computes for us now, and this machine for it. */
  worksForUs: boolean;
  isServed: boolean;
  /** It has missed beats. */
  isLate: boolean;
}

/** The document to a worker that has just started, with the port over which these calls go: they do not mix with the engine's. */
export interface MeshPortMessage {
  kind: 'mesh-port';
}

export function isMeshPortMessage(message: unknown): message is MeshPortMessage {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === 'mesh-port';
}
