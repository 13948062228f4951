// A machine of a mesh: a browser of its own with the built extension, whose calls the tests make as screens do.
import type { MeshScreenCalls, MeshStatus } from '../../src/protocol/mesh-screen-calls.ts';
import type { MeshSettings } from '../../src/protocol/settings.ts';
import { DEFAULT_SETTINGS } from '../../src/protocol/settings.ts';
import { Harness } from './harness.ts';

export class MeshMachine {
  private constructor(
    readonly harness: Harness,
    readonly name: string,
  ) {}

  static async launch(
    extension: string,
    name: string,
    mesh: Partial<MeshSettings> = {},
  ): Promise<MeshMachine> {
    const harness = await Harness.launch(extension, {}, { hasWebGpu: false });
    const machine = new MeshMachine(harness, name);
    await harness.call('background', 'wake');
    await harness.call('background', 'changeSettings', { mesh: { ...DEFAULT_SETTINGS.mesh, name, ...mesh } });
    return machine;
  }

  call<K extends keyof MeshScreenCalls>(
    name: K,
    input?: MeshScreenCalls[K]['input'],
  ): Promise<MeshScreenCalls[K]['output']> {
    return this.harness.call('mesh', name, input) as Promise<MeshScreenCalls[K]['output']>;
  }

  status(): Promise<MeshStatus> {
    return this.harness.call('mesh', 'meshWatch', undefined, 'part') as Promise<MeshStatus>;
  }

  /** The names of the machines that this one sees, once they are these. */
  async sees(...names: string[]): Promise<MeshStatus> {
    for (;;) {
      const status = await this.status();
      const seen = status.machines.map(({ name }) => name).sort();
      if (seen.join() === names.sort().join()) return status;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  close(): Promise<void> {
    return this.harness.close();
  }
}
