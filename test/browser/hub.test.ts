// From a search to an answer with nothing standing in but the hub: the options page, a gated repository, the real engine.
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildExtension, DIST } from '../../src/build/extension.mjs';
import { root } from '../../src/build/run.mjs';
import { tinyLlama } from '../fakes/tiny-file.ts';
import { HubServer, TOKEN } from '../fakes/hub-server.ts';
import { Harness } from './harness.ts';

let harness: Harness;
let hub: HubServer;
beforeAll(async () => {
  await buildExtension();
  hub = await HubServer.start({
    'some/Tiny-GGUF': { licence: 'mit', downloads: 7, isGated: true, files: { 'tiny-F32.gguf': tinyLlama() } },
  });
  harness = await Harness.launch(resolve(root, DIST));
  await harness.call('background', 'wake');
  await harness.call('background', 'changeSettings', { hub: hub.origin });
});
afterAll(async () => {
  await harness?.close();
  hub?.stop();
});
