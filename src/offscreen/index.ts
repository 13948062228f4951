// The composition root: ports of pages and screens come in here, the engine worker hangs below.
import { connect } from '../channel/connect.ts';
import { messagePortWire } from '../channel/message-port.ts';
import { reconnecting } from '../channel/reconnecting.ts';
import { runtimePortWire } from '../channel/runtime-port.ts';
import { serve } from '../channel/serve.ts';
import { workerWire } from '../channel/worker.ts';
import type { BackgroundCalls } from '../protocol/background-calls.ts';
import {
  BACKGROUND_PORT,
  isAttachMessage,
  MESH_PORT,
  PAGE_PORT_PREFIX,
  POPUP_PATH,
  type PortMessage,
  SCREEN_PORT,
} from '../protocol/hand-over.ts';
import { MAX_SEQUENCES_PER_ORIGIN } from '../protocol/limits.ts';
import type { MeshPortMessage } from '../protocol/mesh-calls.ts';
import type { MeshScreenCalls } from '../protocol/mesh-screen-calls.ts';
import type { PageCalls } from '../protocol/page-calls.ts';
import type { ScreenCalls } from '../protocol/screen-calls.ts';
import { Consent } from './consent.ts';
import { Engine } from './engine.ts';
import { documentClock } from './mesh/document-clock.ts';
import { indexedKeyStore } from './mesh/key-store.ts';
import { Mesh } from './mesh/mesh.ts';
import { meshScreenCalls } from './mesh/screen-calls.ts';
import { newPage } from './page.ts';
import { pageCalls } from './page-calls.ts';
import { Questions } from './questions.ts';
import { screenCalls } from './screen-calls.ts';
import { Transfers } from './transfers.ts';
import { WasmFrames } from './wasm-frames.ts';
import { RecentRuns } from './recent-runs.ts';
import { Slots } from './slots.ts';

const background = reconnecting<BackgroundCalls>(() =>
  connect(runtimePortWire(chrome.runtime.connect({ name: BACKGROUND_PORT }))),
);
const engine = new Engine({
  open() {
    const worker = new Worker(new URL('../worker/index.ts', import.meta.url), {
      type: 'module',
      name: 'engine',
    });
    const wire = workerWire(worker);
    mesh.workerStarted(handMeshPort(worker), wire.closed);
    return wire;
  },
  settings: () => background('settings', undefined),
  wasmFrames: new WasmFrames(),
});
const mesh = new Mesh({
  background,
  keys: indexedKeyStore,
  clock: documentClock,
  random: Math.random,
  wakeWorker: () => engine.client(),
  linkTo: (code) => `${chrome.runtime.getURL(POPUP_PATH)}#join=${code}`,
});
const transfers = new Transfers();
const questions = new Questions({
  openPrompt: (question) => background('openPrompt', { question }),
  closePrompt: (question) => background('closePrompt', { question }),
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  newId: () => crypto.randomUUID(),
});
const consent = new Consent({
  background,
  questions,
  models: async () => (await engine.client()).call('models', undefined),
  download: async (model, onProgress) => {
    const client = await engine.client();
    await client.call(
      'download',
      { kind: 'catalog', model },
      { onPart: ({ receivedBytes, sizeBytes }) => onProgress(receivedBytes / sizeBytes) },
    );
  },
  defaultModel: () => engine.defaultModel(),
  stop: async (origin) => (await engine.client()).call('stop', { origin }),
});
const slots = new Slots(MAX_SEQUENCES_PER_ORIGIN);
const runs = new RecentRuns();

/** Where the port that a bridge sends belongs: the page whose runtime port came with the same ticket. */
const tickets = new Map<string, (port: MessagePort, origin: string) => void>();

chrome.runtime.onConnect.addListener((port) => {
  if (port.name.startsWith(PAGE_PORT_PREFIX)) welcomePage(port, port.name.slice(PAGE_PORT_PREFIX.length));
  else if (port.sender?.origin !== location.origin) return;
  else if (port.name === SCREEN_PORT) welcomeScreen(port);
  else if (port.name === MESH_PORT)
    serve<MeshScreenCalls>(runtimePortWire(port), meshScreenCalls(mesh, documentClock));
});

mesh.resume().catch(console.error);

navigator.serviceWorker.onmessage = ({ data, ports: [port] }) => {
  if (isAttachMessage(data) && port) tickets.get(data.ticket)?.(port, data.origin);
};

/** The runtime port lives as long as the page: it is the page's liveness, its origin, and its fallback wire. */
function welcomePage(port: chrome.runtime.Port, ticket: string): void {
  const page = newPage(port.sender?.origin ?? 'null', port.sender?.tab?.incognito);
  if (!consent.join(page)) {
    port.disconnect();
    return;
  }

  const live = runtimePortWire(port);
  const handlers = pageCalls({ page, consent, engine, slots, room: mesh, runs, closed: live.closed });
  const tell = (message: PortMessage) => port.postMessage(message);

  serve<PageCalls>(live, handlers);
  tickets.set(ticket, (direct, origin) => {
    tickets.delete(ticket);
    if (origin !== page.origin) return;
    serve<PageCalls>(messagePortWire(direct, live.closed), handlers);
    tell({ kind: 'attached' });
  });
  void live.closed.then(() => {
    tickets.delete(ticket);
    consent.leave(page);
  });
  tell({ kind: 'known' });
}

/** The port over which the mesh in a new worker is called. */
function handMeshPort(worker: Worker): MessagePort {
  const { port1, port2 } = new MessageChannel();
  const message: MeshPortMessage = { kind: 'mesh-port' };
  worker.postMessage(message, [port2]);
  return port1;
}

function welcomeScreen(port: chrome.runtime.Port): void {
  const wire = runtimePortWire(port);
  serve<ScreenCalls>(
    wire,
    screenCalls({ engine, transfers, questions, consent, background, closed: wire.closed }),
  );
}
