import { runtimePortWire } from '../../src/channel/runtime-port.ts';
import { serve } from '../../src/channel/serve.ts';
import { runtimePorts } from '../fakes/runtime-ports.ts';
import { FakeHearth } from './fake-hearth.ts';

declare global {
  var fake: FakeHearth;
}

const url = new URL(location.href);
globalThis.fake = new FakeHearth(url.searchParams.get('scene') ?? 'busy');

/** What the screens use of the extension's platform, over the real channel and the real port wire. */
const runtime = {
  connect({ name }: { name: string }) {
    const [mine, theirs] = runtimePorts();
    const wire = runtimePortWire(theirs);
    if (name === 'background') serve(wire, fake.backgroundCalls());
    else if (name === 'mesh') serve(wire, fake.mesh.calls());
    else fake.serveScreen(wire);
    return mine;
  },
  getManifest: () => ({ version: '0.1.0' }),
  getURL: (path: string) => new URL(`/${path}`, location.href).href,
  openOptionsPage: () => void fake.calls.push({ name: 'openOptionsPage', input: undefined }),
};
Object.assign(globalThis, { chrome: { runtime } });
window.close = () => void fake.calls.push({ name: 'window.close', input: undefined });
