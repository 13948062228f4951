import * as v from 'valibot';
import type { Client } from '../../channel/connect.ts';
import { fingerprintOf } from '../../mesh/identity/fingerprint.ts';
import { linkBinding } from '../../mesh/identity/grant.ts';
import { type HandshakeInput, type Proven, shakeHands } from '../../mesh/identity/handshake.ts';
import { HearthError } from '../../protocol/errors.ts';
import type { MeshChannelLane, MeshWorkerCalls } from '../../protocol/mesh-calls.ts';
import type { Carrier } from './carrier.ts';
import { acceptAnswer, answerTo, offerOf } from './descriptions.ts';

/**
 * Of a link's peer connections the first carries the conversation, control and one path of activations; each of these
 * brings one more path; and the last carries bulk alone. Windows of several connections together stay open when losses
 * narrow each.
 */
const MORE_PATHS = 3;
const CHANNEL_IDS: Record<MeshChannelLane, number> = { control: 100, activation: 101, bulk: 102 };
const CHANNEL_OPTIONS: Record<MeshChannelLane, RTCDataChannelInit> = {
  control: { ordered: true },
  activation: { ordered: false, maxRetransmits: 0 },
  bulk: { ordered: true },
};
const MADE_WITHIN_MS = 20_000;

const Descriptions = v.object({
  sdps: v.pipe(
    v.array(v.pipe(v.string(), v.maxLength(6_000))),
    v.length(MORE_PATHS + 1, 'the other machine opens another number of connections'),
  ),
});
const Ready = v.object({ ready: v.literal(true) });

export interface MakeLinkDeps {
  worker: Client<MeshWorkerCalls>['call'];
  iceServers: RTCIceServer[];
  handshake: Omit<HandshakeInput, 'isCaller' | 'fingerprints'>;
  /** The mesh's number of this connection. */
  number: number;
  /** False if a link to the same machine stands that is to be kept instead. */
  isWanted(proven: Proven): boolean;
}

export interface MadeLink extends Proven {
  number: number;
  isCaller: boolean;
  connections: RTCPeerConnection[];
}

/**
 * From a carrier to a link: who is there is proven, the other connections are made, both sides open all channels in
 * their workers and say so. What fails on the way closes everything.
 */
export async function makeLink(carrier: Carrier, deps: MakeLinkDeps): Promise<MadeLink> {
  const connections = [carrier.connection];
  const { worker, number } = deps;
  // Channels can be handed to a worker only in the moment in which they are made
  const giveChannel = (connection: RTCPeerConnection, lane: MeshChannelLane) => {
    const options = { ...CHANNEL_OPTIONS[lane], negotiated: true, id: CHANNEL_IDS[lane] };
    const channel = connection.createDataChannel(lane, options);
    worker('channels', { connection: number, lane, channels: [channel] }, { transfer: [channel] }).catch(
      () => {},
    );
  };
  giveChannel(carrier.connection, 'control');
  giveChannel(carrier.connection, 'activation');

  const story = async (): Promise<MadeLink> => {
    const { talk, isCaller } = carrier;
    await carrier.opened;
    const fingerprints = fingerprintsOf(carrier.connection);
    const proven = await shakeHands(talk, { ...deps.handshake, isCaller, fingerprints });

    const lanes: MeshChannelLane[] = [...new Array<MeshChannelLane>(MORE_PATHS).fill('activation'), 'bulk'];
    const more = lanes.map((lane) => {
      const connection = new RTCPeerConnection({ iceServers: deps.iceServers });
      connections.push(connection);
      giveChannel(connection, lane);
      return connection;
    });
    if (isCaller) {
      talk.send({ sdps: await Promise.all(more.map(offerOf)) });
      const { sdps } = parse(Descriptions, await talk.receive());
      await Promise.all(more.map((connection, i) => acceptAnswer(connection, sdps[i]!)));
    } else {
      const { sdps } = parse(Descriptions, await talk.receive());
      talk.send({ sdps: await Promise.all(more.map((connection, i) => answerTo(connection, sdps[i]!))) });
    }

    const { peer, publicKey, epoch } = proven;
    const binding = linkBinding(fingerprints.own, fingerprints.theirs);
    await worker('open', { connection: number, peer, publicKey, binding, epoch });
    talk.send({ ready: true });
    parse(Ready, await talk.receive());
    if (!deps.isWanted(proven)) throw new HearthError('cancelled', 'Another link to this machine stands.');
    await worker('join', { connection: number });
    return { ...proven, number, isCaller, connections };
  };

  try {
    return await Promise.race([story(), tooLate()]);
  } catch (error) {
    worker('drop', { connection: number, reason: 'The link could not be made.' }).catch(() => {});
    for (const connection of connections) connection.close();
    carrier.close();
    throw error;
  }
}

function fingerprintsOf({ localDescription, remoteDescription }: RTCPeerConnection) {
  const own = fingerprintOf(localDescription?.sdp ?? '');
  const theirs = fingerprintOf(remoteDescription?.sdp ?? '');
  if (!own || !theirs)
    throw new HearthError('not-allowed', 'The connection names no certificate that could be checked.');
  return { own, theirs };
}

function parse<Schema extends v.GenericSchema>(schema: Schema, message: unknown): v.InferOutput<Schema> {
  const { success, output, issues } = v.safeParse(schema, message);
  if (success) return output;
  throw new HearthError('bad-input', `The other machine speaks another language: ${issues[0].message}.`);
}

function tooLate(): Promise<never> {
  return new Promise((_, reject) =>
    setTimeout(
      () => reject(new HearthError('gone', 'The other machine did not answer in time.')),
      MADE_WITHIN_MS,
    ),
  );
}
