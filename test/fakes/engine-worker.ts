// What stands in for the engine worker in a build with `--mode fake-engine`.
import { serve } from '../../src/channel/serve.ts';
import { workerScopeWire } from '../../src/channel/worker.ts';
import type { EngineCalls } from '../../src/protocol/engine-calls.ts';
import { fakeEngine } from './engine.ts';

/** Long enough that a test can do something to the stream between two tokens. */
const TOKEN_MS = 20;

serve<EngineCalls>(
  workerScopeWire(self as never),
  fakeEngine(() => new Promise((resolve) => setTimeout(resolve, TOKEN_MS))),
);
