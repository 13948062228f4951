import { connect } from '../channel/connect.ts';
import { messagePortWire } from '../channel/message-port.ts';
import type { Clock } from '../engine/clock.ts';
import type { OpenWasm } from '../engine/stepper.ts';
import { HearthError } from '../protocol/errors.ts';
import type { WasmCalls } from '../protocol/wasm-calls.ts';
import { numberedModel } from './numbered-model.ts';
import { portGone } from './port-gone.ts';
import { WasmStepper } from './wasm-stepper.ts';

/** How the engine opens a model on WebAssembly. `newPort` gives a port with the frame on its other end. */
export function openWasm({ newPort, clock }: { newPort(): MessagePort; clock: Clock }): OpenWasm {
  return async ({ gguf, config }, source, plan) => {
    const file = await source.blob?.();
    if (!file)
      throw new HearthError('internal', 'This model lies where the WebAssembly engine cannot reach it.');
    const port = newPort();
    const client = connect<WasmCalls>(messagePortWire(port, portGone(port)));
    return WasmStepper.load(client, numberedModel(file, gguf, config.vocab), plan, clock);
  };
}
