import { randomModel } from '../../src/cli/random-model.ts';
import { Engine } from '../../src/engine/engine.ts';
import { systemClock } from '../../src/engine/clock.ts';
import { type GenerateInput, GREEDY } from '../../src/protocol/generate.ts';
import { tinyBert } from '../golden/embeddings/tiny-bert.ts';
import type { FaultyGpu } from './faulty-gpu.ts';

const bert = tinyBert();
const text = randomModel('tiny', 'Q8_0');
/** Ids of texts that the embedding model knows, and a text for each number. */
export const TEXTS = bert.texts.map(({ ids }) => ids);

/** The engine on an adapter that has faults, with small models by the names of `files`: `bert` makes vectors, all others write. */
export function engineOn(faulty: FaultyGpu, files: Record<string, Uint8Array> = {}) {
  let clockSkew = 0;
  const engine = new Engine({
    gpu: faulty.gpu,
    // A device may be lost in each of several tests of one second
    clock: { now: () => systemClock.now() + clockSkew, after: systemClock.after },
    async open(id) {
      const bytes = files[id] ?? (id === 'bert' ? bert.bytes : text);
      return {
        source: { size: bytes.length, read: async (at, length) => bytes.slice(at, at + length) },
        name: id,
      };
    },
  });
  const never = new AbortController().signal;
  const ask = async (
    input: Partial<GenerateInput & { origin: string }> = {},
    onIds: (ids: number[]) => void | Promise<void> = () => {},
    signal = never,
  ): Promise<number[]> => {
    const all: number[] = [];
    await engine.generate(
      {
        model: 'text',
        prompt: { kind: 'ids', ids: [1, 2, 3] },
        maxTokens: 12,
        sampling: GREEDY,
        stop: [],
        origin: 'https://a.example',
        lane: 'interactive',
        ...input,
      },
      async ({ ids }) => {
        all.push(...ids);
        await onIds(ids);
      },
      signal,
    );
    return all;
  };
  const embed = async (inputs: number[][] = TEXTS): Promise<Float32Array[]> => {
    const { vectors } = await engine.embed(
      {
        model: 'bert',
        inputs,
        dimensions: undefined,
        normalise: false,
        origin: 'https://c.example',
        lane: 'bulk',
      },
      async () => {},
      never,
    );
    return vectors;
  };
  return { engine, ask, embed, skipTime: (ms: number) => (clockSkew += ms) };
}
