import { HearthError } from '../../protocol/errors.ts';

/** Whole descriptions, candidates and all: they travel by hand or by a relay, where nothing follows. */
export async function offerOf(connection: RTCPeerConnection): Promise<string> {
  await connection.setLocalDescription(await connection.createOffer());
  return gathered(connection);
}

export async function answerTo(connection: RTCPeerConnection, sdp: string): Promise<string> {
  await taken(connection, { type: 'offer', sdp });
  await connection.setLocalDescription(await connection.createAnswer());
  return gathered(connection);
}

export function acceptAnswer(connection: RTCPeerConnection, sdp: string): Promise<void> {
  return taken(connection, { type: 'answer', sdp });
}

/** Networks that answer at all do so within this; a STUN server that is away must not hold a LAN up. */
const GATHER_MS = 2_000;

async function taken(connection: RTCPeerConnection, description: RTCSessionDescriptionInit): Promise<void> {
  try {
    await connection.setRemoteDescription(description);
  } catch (cause) {
    throw new HearthError('bad-input', 'The other machine’s description of itself is not one.', { cause });
  }
}

async function gathered(connection: RTCPeerConnection): Promise<string> {
  await new Promise<void>((resolve) => {
    const look = () => {
      if (connection.iceGatheringState === 'complete') resolve();
    };
    connection.addEventListener('icegatheringstatechange', look);
    setTimeout(resolve, GATHER_MS);
    look();
  });
  return connection.localDescription!.sdp;
}
