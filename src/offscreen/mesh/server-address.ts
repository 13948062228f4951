import { HearthError } from '../../protocol/errors.ts';
import type { MeshSettings } from '../../protocol/settings.ts';
import type { ServerAddress } from './doorman.ts';

/** PeerJS's own, on the internet: free, shared with everybody, and only ever used where the user has chosen it. */
const CLOUD: ServerAddress = { host: '0.peerjs.com', port: 443, path: '/', secure: true };
const STUN: RTCIceServer[] = [{ urls: 'stun:stun.l.google.com:19302' }];

/** The server to use, or none. Under "LAN only" none outside it is. */
export function serverOf({ signalling, isLanOnly }: MeshSettings): ServerAddress | undefined {
  switch (signalling.kind) {
    case 'none':
      return undefined;
    case 'cloud':
      return isLanOnly ? undefined : CLOUD;
    case 'server':
      return parseAddress(signalling.address);
  }
}

/** A STUN server tells this machine its address on the internet, which nobody on the same network needs. */
export function iceServersOf({ isLanOnly }: MeshSettings): RTCIceServer[] {
  return isLanOnly ? [] : STUN;
}

/** `192.168.1.5:9000`, or with a scheme and a path. */
export function parseAddress(text: string): ServerAddress {
  const address = /^[a-z]+:\/\//i.test(text) ? text.trim() : `http://${text.trim()}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !/^(https?|wss?):$/.test(url.protocol) || url.hostname === '')
    throw new HearthError(
      'bad-input',
      'This is no address of a server. It looks like 192.168.1.5:9000, as `npm run peerserver` prints it.',
    );
  const secure = url.protocol === 'https:' || url.protocol === 'wss:';
  const port = url.port ? Number(url.port) : secure ? 443 : 80;
  return { host: url.hostname, port, path: url.pathname, secure };
}
