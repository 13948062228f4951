// A GPU that is lost for good at any point of an answer, and WebAssembly that takes the answer up.
import { describe, expect, test } from 'vitest';
import { fakeClock } from '../../test/fakes/clock.ts';
import { fakeLlama } from '../../test/fakes/llama.ts';
import { memoryWires } from '../../test/fakes/memory-wires.ts';
import { connect } from '../channel/connect.ts';
import { serve } from '../channel/serve.ts';
import { Governor } from '../engine/schedule/governor.ts';
import type { Plan } from '../engine/plan/plan.ts';
import { Runner } from '../engine/answer/runner.ts';
import type { StepPlan } from '../engine/schedule/schedule.ts';
import type { Sequence } from '../engine/schedule/sequence.ts';
import type { Stepper } from '../engine/schedule/stepper.ts';
import { HearthError } from '../protocol/errors.ts';
import type { WasmCalls } from '../protocol/wasm-calls.ts';
import { WasmStepper } from './wasm-stepper.ts';

const PROMPT = [0, 0, 0];
/** Characters of one to four bytes, whose bytes are the tokens. */
const TEXT = 'aé€😀 the end. b😀é€ and more of it';
const BYTES = [...new TextEncoder().encode(TEXT)];
const END = 256;
const nextOf = (length: number) => BYTES[length - PROMPT.length] ?? END;

const PLAN: Plan = {
  contextLength: 256,
  slots: 2,
  maxRows: 4,
  pageSize: 16,
  isWhole: false,
  groups: [{ window: 0, blocks: [0], pageCount: 32 }],
  pageCount: 32,
  maxPages: 16,
  kv: 'f32',
  weightsBytes: 0,
  kvBytes: 0,
  activationsBytes: 0,
  totalBytes: 0,
};
const SAMPLING = {
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
  seed: 0,
};

/** Runs ahead of what has been read, as a GPU does, and is lost with its `lostAt`-th step. */
function gpu(lostAt: number): Stepper {
  const computed = new Map<Sequence, number>();
  let steps = 0;
  return {
    depth: 4,
    ahead: 4,
    keepsPages: true,
    setPage() {},
    setSampler: (sequence) => void computed.set(sequence, 0),
    async run({ decodes, prefills }: StepPlan) {
      const isLost = steps++ >= lostAt;
      const chunks = [...decodes, ...prefills];
      for (const { sequence, firstPosition, rows } of chunks) {
        expect(computed.get(sequence)).toBe(firstPosition);
        computed.set(sequence, firstPosition + rows);
      }
      // Results come later than the next steps are submitted
      for (let i = 0; i < 10; i++) await Promise.resolve();
      if (isLost) throw new HearthError('device-lost', 'The GPU was lost.');
      const outputs = chunks.filter(({ isOutput }) => isOutput);
      const ids = outputs.map(({ firstPosition, rows }) => nextOf(firstPosition + rows));
      return { ids: Uint32Array.from(ids), busyMs: 0 };
    },
    destroy() {},
  };
}

/** Two answers at once: one to the text's end, one to a stop string. */
async function answers(steppers: Stepper[]) {
  const clock = fakeClock();
  const rest = [...steppers];
  const runner = new Runner({
    plan: PLAN,
    step: rest.shift()!,
    clock,
    governor: new Governor(clock),
    endIds: new Set([END]),
    newDecoder() {
      const decoder = new TextDecoder();
      return {
        push: (id) => decoder.decode(Uint8Array.of(id), { stream: true }),
        end: () => decoder.decode(),
      };
    },
    async recover() {
      const next = rest.shift();
      if (!next) throw new HearthError('no-device', 'Nothing is left.');
      return next;
    },
  });
  const ask = async (stop: string[], origin: string) => {
    const request = {
      ids: PROMPT,
      maxTokens: 200,
      sampling: SAMPLING,
      stop,
      origin,
      lane: 'interactive',
    } as const;
    let text = '';
    const ids: number[] = [];
    const send = async (part: { text: string; ids: number[] }) => {
      text += part.text;
      ids.push(...part.ids);
    };
    const { finishReason, usage } = await runner.run(
      { ...request, ids: [...PROMPT] },
      send,
      new AbortController().signal,
    );
    return { text, ids, finishReason, completionTokens: usage.completionTokens };
  };
  let isOver = false;
  const all = Promise.all([ask([], 'https://a.example'), ask(['the end.'], 'https://b.example')]);
  all.then(
    () => (isOver = true),
    () => (isOver = true),
  );
  for (let ms = 0; !isOver; ms++) {
    if (ms > 1000) throw new Error('Some answer never ends.');
    await clock.advance(1);
  }
  return all;
}

async function wasm(): Promise<Stepper> {
  const [near, far] = memoryWires();
  serve<WasmCalls>(
    far,
    fakeLlama(({ tokens }) => nextOf(tokens.length)),
  );
  return WasmStepper.load({
    file: new Blob(),
    plan: PLAN,
    clock: fakeClock(),
    openFrame: () => connect<WasmCalls>(near),
  });
}

const UNDISTURBED = [
  { text: TEXT, ids: BYTES, finishReason: 'stop', completionTokens: BYTES.length },
  {
    text: 'aé€😀 ',
    ids: BYTES.slice(0, bytesThrough('the end.')),
    finishReason: 'stop',
    completionTokens: bytesThrough('the end.'),
  },
];

/** Bytes up to the end of the first such string. */
function bytesThrough(stop: string): number {
  return new TextEncoder().encode(TEXT.slice(0, TEXT.indexOf(stop) + stop.length)).length;
}

describe('an answer whose GPU is lost', () => {
  test.each(Array.from({ length: BYTES.length }, (_, lostAt) => lostAt))(
    'at step %i goes on as if nothing had been',
    async (lostAt) => {
      expect(await answers([gpu(lostAt), await wasm()])).toEqual(UNDISTURBED);
    },
  );

  test('and then a second time goes on all the same', async () => {
    expect(await answers([gpu(12), gpu(9), await wasm()])).toEqual(UNDISTURBED);
  });

  test('and nothing else is there fails with what says so', async () => {
    await expect(answers([gpu(12)])).rejects.toMatchObject({ code: 'no-device' });
  });
});
