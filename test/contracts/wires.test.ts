import { describe } from 'vitest';
import { deferred } from '../../src/channel/deferred.ts';
import { messagePortWire } from '../../src/channel/message-port.ts';
import { runtimePortWire } from '../../src/channel/runtime-port.ts';
import { type WorkerScope, workerScopeWire, workerWire } from '../../src/channel/worker.ts';
import { HearthError } from '../../src/protocol/errors.ts';
import { memoryWires } from '../fakes/memory-wires.ts';
import { runtimePorts } from '../fakes/runtime-ports.ts';
import { wireContract } from './wire-contract.ts';

describe('memory', () =>
  wireContract(() => {
    const [near, far] = memoryWires();
    return { near, far, loseFar: () => far.close() };
  }));

describe('MessagePort', () =>
  wireContract(() => {
    const { port1, port2 } = new MessageChannel();
    const gone = deferred<HearthError>();
    const near = messagePortWire(port1, gone.promise);
    return {
      near,
      far: messagePortWire(port2),
      loseFar() {
        port2.close();
        gone.resolve(new HearthError('gone', 'The page was closed.'));
      },
    };
  }));

describe('runtime.Port', () =>
  wireContract(() => {
    const [near, far] = runtimePorts();
    return { near: runtimePortWire(near), far: runtimePortWire(far), loseFar: () => far.disconnect() };
  }));

// Node has no web Worker: its two ends are stood in for by a channel, with the platform's names
describe('Worker', () =>
  wireContract(() => {
    const { port1, port2 } = new MessageChannel();
    const worker = Object.assign(port1, {
      terminate: () => port1.close(),
      onerror: null,
    }) as unknown as Worker;
    const near = workerWire(worker);
    const scope: WorkerScope = Object.assign(port2, {});
    return {
      near,
      far: workerScopeWire(scope),
      loseFar: () => worker.onerror?.(new Event('error') as ErrorEvent),
    };
  }));
