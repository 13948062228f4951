import { connect } from '../channel/connect.ts';
import { messagePortWire } from '../channel/message-port.ts';
import type { Clock } from '../engine/clock.ts';
import type { OpenWasm } from '../engine/schedule/stepper.ts';
import { HearthError } from '../protocol/errors.ts';
import type { WasmCalls } from '../protocol/wasm-calls.ts';
import { numberedModel } from './numbered-model.ts';
import { WasmStepper } from './wasm-stepper.ts';

/** How the engine opens a model on WebAssembly. `newPort` gives a port with a frame of its own on its other end. */
export function openWasm({ newPort, clock }: { newPort(): MessagePort; clock: Clock }): OpenWasm {
  return async ({ gguf, config }, source, plan) => {
    const file = await source.blob?.();
    if (!file)
      throw new HearthError('internal', 'This model lies where the WebAssembly engine cannot reach it.');
    return WasmStepper.load({
      file: numberedModel(file, gguf, config.vocab),
      plan,
      clock,
      openFrame: () => connect<WasmCalls>(messagePortWire(newPort())),
    });
  };
}
