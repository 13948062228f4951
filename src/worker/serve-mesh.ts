import { messagePortWire } from '../channel/message-port.ts';
import { serve } from '../channel/serve.ts';
import { isMeshPortMessage, type MeshWorkerCalls } from '../protocol/mesh-calls.ts';
import type { MeshHost } from './mesh.ts';

/** Serves the mesh over the port that the document sends, beside the engine's own calls. */
export function serveMesh(mesh: MeshHost): void {
  addEventListener('message', ({ data, ports: [port] }) => {
    if (isMeshPortMessage(data) && port) serve<MeshWorkerCalls>(messagePortWire(port), mesh.calls());
  });
}
