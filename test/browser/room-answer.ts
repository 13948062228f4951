// A page of one machine of a room asks the bundled model, which no machine may hold alone under its memory cap.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { readGguf } from '../../models/gguf/read-gguf.ts';
import { writeGguf } from '../../models/gguf/write-gguf.ts';
import { root } from '../../src/build/run.mjs';
import { DEFAULT_SETTINGS } from '../../src/protocol/settings.ts';
import type { MeshMachine } from './mesh-machine.ts';

const golden = JSON.parse(readFileSync(resolve(root, 'models/bundled/golden.json'), 'utf8')).prompts.find(
  ({ name }: { name: string }) => name === 'chat with a system turn',
);
/** What the model says to that, greedy, until a choice between two tokens is as good as even. */
export const ANSWER: string = golden.text.split('<|end|>')[0];

/** The weights alone are 15.3 MB; two machines with so much do. */
export const SMALL_CAP = 17_000_000;

export interface RoomAnswer {
  text: string;
  /** Milliseconds from the asking to each piece. */
  at: number[];
  usage: { completion_tokens: number; hearth: { stages: { first: number; end: number }[] } };
}

export async function cap(
  machine: MeshMachine,
  memoryBytes: number,
  defaultModel = DEFAULT_SETTINGS.defaultModel,
): Promise<void> {
  const caps = { ...DEFAULT_SETTINGS.caps, gpuPercent: 100, memoryBytes };
  await machine.harness.call('background', 'changeSettings', { caps, defaultModel });
  await machine.harness.call('screen', 'configure', { caps, defaultModel });
}

/** The bundled model in a file of another name, so that its bytes are nowhere but where this was put. */
export async function otherModel(): Promise<Uint8Array> {
  const bytes = readFileSync(resolve(root, 'models/bundled/hearthside-25m.gguf'));
  const { metadata, tensors } = await readGguf({
    size: bytes.length,
    read: async (offset, length) => bytes.subarray(offset, offset + length),
  });
  return writeGguf({
    metadata: [...metadata.entries, ['general.description', { type: 'string', value: 'Another file.' }]],
    tensors: [...tensors.values()].map(({ offset, sizeBytes, ...tensor }) => ({
      ...tensor,
      data: bytes.subarray(offset, offset + sizeBytes),
    })),
  });
}

/** A site's page whose questions the user has answered; from another server where the machine has a network of its own. */
export async function allowedPage(machine: MeshMachine, address?: string): Promise<Page> {
  const { context } = machine.harness;
  const page = address ? await context.newPage() : await machine.harness.open('http://a.localhost/');
  if (address) await page.goto(address);
  const asked = page.evaluate(() => hearth!.request());
  await machine.harness.answer('Allow');
  await asked;
  return page;
}

/** `onPiece` is called with how many have come. */
export async function askRoom(
  page: Page,
  onPiece: (pieces: number) => void = () => {},
  model = 'hearthside',
): Promise<RoomAnswer> {
  const name = `piece${Math.random().toString(36).slice(2)}`;
  await page.exposeFunction(name, onPiece);
  return page.evaluate(
    async ([system, user, name, model]) => {
      const start = performance.now();
      const stream = await hearth!.chat.completions.create({
        model: model!,
        messages: [
          { role: 'system', content: system! },
          { role: 'user', content: user! },
        ],
        temperature: 0,
        max_tokens: 60,
        stream: true,
        stream_options: { include_usage: true },
      });
      let text = '';
      const at: number[] = [];
      let usage: unknown;
      for await (const chunk of stream) {
        const piece = chunk.choices[0]?.delta.content;
        if (piece) {
          text += piece;
          at.push(performance.now() - start);
          (globalThis as unknown as Record<string, (count: number) => void>)[name!]!(at.length);
        }
        usage = chunk.usage ?? usage;
      }
      return { text, at, usage: usage as RoomAnswer['usage'] };
    },
    ['Answer in one sentence.', 'Describe the garden.', name, model],
  );
}
