// The PeerJS server of `npm run peerserver`, on a port of its own, that tests can end as a crash does.
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { PeerServer } from 'peer';

export interface LocalPeerServer {
  port: number;
  close(): Promise<void>;
}

export async function startPeerServer(port = 0): Promise<LocalPeerServer> {
  const server = await new Promise<Server>((resolve) => {
    PeerServer({ port, host: '127.0.0.1', path: '/' }, resolve as never);
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
