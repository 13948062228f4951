import { type ReadonlySignal, signal } from '@preact/signals';
import type { MeshScreenCalls, MeshStatus } from '../protocol/mesh-screen-calls.ts';
import type { Caller } from './caller.ts';
import type { Session } from './session.ts';

/** A screen's line to the mesh, mended for as long as the screen is open. */
export interface MeshSession {
  call: Caller<MeshScreenCalls>;
  /** Undefined until the mesh has said something, and again while it is gone. */
  status: ReadonlySignal<MeshStatus | undefined>;
}

const AGAIN_MS = 1_000;

export function openMesh(deps: {
  background: Session['background'];
  openLine: () => Caller<MeshScreenCalls>;
  wait: (ms: number) => Promise<void>;
}): MeshSession {
  const status = signal<MeshStatus>();

  async function keepWatching(): Promise<never> {
    for (;;) {
      try {
        await deps.background('wake', undefined);
        await deps.openLine()('meshWatch', undefined, { onPart: (part) => void (status.value = part) });
      } catch {
        // The engine's line, which ends with this one, tells the user
      }
      status.value = undefined;
      await deps.wait(AGAIN_MS);
    }
  }
  void keepWatching();

  return {
    status,
    async call(name, input, options) {
      await deps.background('wake', undefined);
      return deps.openLine()(name, input, options);
    },
  };
}
