import { connect } from '../channel/connect.ts';
import { runtimePortWire } from '../channel/runtime-port.ts';
import type { BackgroundCalls } from '../protocol/background-calls.ts';
import type { MeshScreenCalls } from '../protocol/mesh-screen-calls.ts';
import type { ScreenCalls } from '../protocol/screen-calls.ts';
import type { Caller } from './caller.ts';

/** A port for each call, since the background worker may stop between any two. */
export const callBackground: Caller<BackgroundCalls> = async (name, input, options) => {
  const client = connect<BackgroundCalls>(runtimePortWire(chrome.runtime.connect({ name: 'background' })));
  try {
    return await client.call(name, input, options);
  } finally {
    client.close();
  }
};

/** A line to the offscreen document, which must be there: `wake` on the background sees to that. */
export function openEngineLine(): Caller<ScreenCalls> {
  return connect<ScreenCalls>(runtimePortWire(chrome.runtime.connect({ name: 'screen' }))).call;
}

/** A line to the mesh in the same document. */
export function openMeshLine(): Caller<MeshScreenCalls> {
  return connect<MeshScreenCalls>(runtimePortWire(chrome.runtime.connect({ name: 'mesh' }))).call;
}

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
