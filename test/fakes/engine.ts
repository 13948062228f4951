import { hermes } from '../../models/chat/answers/formats/hermes.ts';
import type { Handlers } from '../../src/channel/serve.ts';
import type { EngineCalls, EngineStatus, RunningSequence } from '../../src/protocol/engine-calls.ts';
import { type ErrorCode, HearthError } from '../../src/protocol/errors.ts';
import type { AnswerPiece, GenerateInput, TokenLogprob } from '../../src/protocol/generate.ts';
import type { ModelInfo, ModelSummary } from '../../src/protocol/models.ts';
import { DEFAULT_SETTINGS } from '../../src/protocol/settings.ts';
import { DiskRoom } from '../../src/storage/disk-room.ts';
import { SharedFiles } from '../../src/storage/shared-files.ts';
import { sharedFileCalls } from '../../src/worker/shared-file-calls.ts';
import { MemoryDirectory } from './memory-directory.ts';
import { someFacts } from './performance-scenes.ts';

/**
 * A small working engine without a model. The prompt says what it does:
 *
 *   `echo`        answers with its own input as JSON
 *   `fail CODE`   fails after one token
 *   `slow`        takes `pause` before each token
 *   `think A | B` thinks A and says B
 *   `call F {…}`  calls that tool, and one more for each further line
 *   `say TEXT`    answers with that text, up to an empty line, word by word; calls in Hermes' tags are calls
 *
 * and everything else is answered by `w0 w1 w2 …`, eight words or as many as `maxTokens`.
 */
export function fakeEngine(pause: () => Promise<void>): Handlers<EngineCalls> {
  const running = new Map<number, RunningSequence & { stop(): void }>();
  const watchers = new Set<() => void>();
  const downloaded = new Set<string>();
  let caps = DEFAULT_SETTINGS.caps;
  let lastId = 0;

  const changed = () => {
    for (const tell of watchers) tell();
  };
  const status = (): EngineStatus => ({
    state: 'ready',
    backend: 'webgpu',
    adapter: 'fake adapter',
    notice: undefined,
    memoryBytes: 0,
    caps,
    loaded: [],
    running: [...running.values()].map(({ stop: _, ...sequence }) => sequence),
    tokensPerSecond: 0,
  });
  const infos = (): ModelInfo[] => [
    info({ id: 'hearthside', name: 'Hearthside', source: 'bundled' }),
    info({ id: 'second', name: 'Second' }),
    info({
      id: 'far',
      name: 'Far away',
      sizeBytes: 5_000_000_000,
      state: downloaded.has('far') ? 'ready' : 'available',
    }),
  ];

  let writes = 0;
  const files = SharedFiles.open({
    directory: new MemoryDirectory(),
    room: new DiskRoom(),
    now: () => 0,
    newId: () => `write-${++writes}`,
  });

  return {
    savedTexts: { parse: () => undefined, run: () => ({ bytes: 0 }) },
    forgetTexts: { parse: () => undefined, run: () => undefined },
    configure: {
      parse: (input) => input as EngineCalls['configure']['input'],
      run(settings) {
        caps = settings.caps;
        changed();
        return undefined;
      },
    },
    generate: {
      parse: (input) => input as EngineCalls['generate']['input'],
      async run(input, call) {
        const stopped = new AbortController();
        const id = ++lastId;
        running.set(id, {
          id,
          origin: input.origin,
          model: input.model ?? 'hearthside',
          phase: 'decode',
          promptTokens: 1,
          completionTokens: 0,
          tokensPerSecond: 0,
          stop: () => stopped.abort(new HearthError('cancelled', 'The user stopped it.')),
        });
        changed();
        try {
          const text = textOf(input);
          const pieces = piecesOf(text);
          for (const piece of pieces) await call.send({ text: textOfPiece(piece), ids: [], pieces: [piece] });
          const reader = hermes.newReader({ toolNames: new Set(toolsOf(input)) });
          const words = pieces.length > 0 ? [] : wordsOf(text, input);
          for (const [i, word] of words.entries()) {
            if (text.startsWith('slow')) await pause();
            call.signal.throwIfAborted();
            stopped.signal.throwIfAborted();
            await call.send({
              text: word,
              ids: [i],
              ...(input.readsAnswer ? { pieces: reader.push(word) } : {}),
              ...(input.logprobs ? { logprobs: [logprobOf(word, input.topLogprobs)] } : {}),
            });
            if (text.startsWith('fail'))
              throw new HearthError(text.slice(5) as ErrorCode, 'As it was asked to.');
          }
          if (input.readsAnswer) await call.send({ text: '', ids: [], pieces: reader.end() });
          return {
            model: input.model ?? 'hearthside',
            finishReason: words.length === input.maxTokens ? 'length' : 'stop',
            usage: { promptTokens: tokensOf(input.prompt), completionTokens: words.length, cachedTokens: 0 },
            timings: { queuedMs: 0, prefillMs: 0, decodeMs: 0 },
          };
        } finally {
          running.delete(id);
          changed();
        }
      },
    },
    count: {
      parse: (input) => input as EngineCalls['count']['input'],
      run: ({ prompt }) => ({ tokens: tokensOf(prompt) }),
    },
    embed: {
      parse: (input) => input as EngineCalls['embed']['input'],
      async run({ model = 'hearthside', inputs, dimensions = 3, normalise, isPrivate }, call) {
        const vectors: Float32Array[] = [];
        for (const input of inputs) {
          if (input === 'slow') await pause();
          call.signal.throwIfAborted();
          const value = input === 'private?' ? Number(isPrivate) : normalise ? 0.5 : input.length;
          vectors.push(new Float32Array(dimensions).fill(value));
          await call.send({ doneTexts: vectors.length, texts: inputs.length });
        }
        return { model, vectors, usage: { promptTokens: inputs.length } };
      },
    },
    load: { parse: oneModel, run: ({ model }) => summary(model) },
    unload: { parse: oneModel, run: () => undefined },
    loadAdapter: { parse: (input) => input as EngineCalls['loadAdapter']['input'], run: () => undefined },
    removeAdapter: { parse: (input) => input as EngineCalls['removeAdapter']['input'], run: () => undefined },
    stop: {
      parse: (input) => input as EngineCalls['stop']['input'],
      run({ origin }) {
        const ended = [...running.values()].filter((one) => origin === undefined || one.origin === origin);
        for (const { stop } of ended) stop();
        return { stopped: ended.length };
      },
    },
    models: { parse: () => undefined, run: infos },
    summaries: {
      parse: (input) => input as EngineCalls['summaries']['input'],
      run: ({ models }) => models.map(summary),
    },
    watch: {
      parse: () => undefined,
      run: (_, call) =>
        new Promise((_resolve, reject) => {
          const tell = () => void call.send(status());
          watchers.add(tell);
          call.signal.addEventListener('abort', () => {
            watchers.delete(tell);
            reject(call.signal.reason);
          });
          tell();
        }),
    },
    performance: { parse: () => undefined, run: () => someFacts },
    profile: {
      parse: (input) => input as EngineCalls['profile']['input'],
      run() {
        throw new HearthError('not-supported', 'The fake adapter gives no timestamps.');
      },
    },
    download: {
      parse: (input) => input as EngineCalls['download']['input'],
      async run(request, call) {
        const model = request.kind === 'catalog' ? request.model : request.url;
        await call.send({ model, receivedBytes: 1, sizeBytes: 1, bytesPerSecond: 1, phase: 'downloading' });
        downloaded.add(model);
        return infos().find(({ id }) => id === model) ?? info({ id: model, name: model });
      },
    },
    importFile: {
      parse: (input) => input as EngineCalls['importFile']['input'],
      run: ({ file, name }) => info({ id: name, name, source: 'file', sizeBytes: file.size }),
    },
    importFolder: {
      parse: (input) => input as EngineCalls['importFolder']['input'],
      run: ({ name }) => info({ id: name, name, source: 'folder' }),
    },
    openTask: {
      parse: (input) => input as EngineCalls['openTask']['input'],
      async run({ model }, call) {
        await call.send({ kind: 'load', model, backend: 'wasm' });
        return { backend: 'wasm' };
      },
    },
    runTask: {
      parse: (input) => input as EngineCalls['runTask']['input'],
      run: (input) => input,
    },
    remove: { parse: oneModel, run: () => undefined },
    searchHub: { parse: () => ({ text: '', licence: undefined, maxBytes: undefined }), run: () => [] },
    pin: { parse: (input) => input as EngineCalls['pin']['input'], run: () => undefined },
    modelFile: { parse: oneModel, run: () => new Blob() },
    // It wants no port
    ...sharedFileCalls(files, Promise.resolve({ publicFile: async () => undefined })),
    wasmPorts: {
      parse: () => undefined,
      run: (_, call) =>
        new Promise((_resolve, reject) =>
          call.signal.addEventListener('abort', () => reject(call.signal.reason)),
        ),
    },
  };
}

/** Of the chosen token, and of it and half characters as the likeliest, half as likely each time. */
function logprobOf(word: string, top = 0): TokenLogprob {
  const chosen = { bytes: [...utf8.encode(word)], logprob: -0.5 };
  if (top === 0) return chosen;
  const halves = Array.from({ length: top - 1 }, (_, i) => ({ bytes: [0xf0, 0x90 + i], logprob: -1.5 - i }));
  return { ...chosen, top: [chosen, ...halves] };
}

function oneModel(input: unknown): { model: string } {
  return input as { model: string };
}

function textOf({ prompt }: GenerateInput): string {
  if (prompt.kind === 'text') return prompt.text;
  return prompt.kind === 'ids' ? prompt.ids.join(' ') : prompt.messages.at(-1)!.content;
}

function toolsOf({ prompt }: GenerateInput): string[] {
  return prompt.kind === 'messages' ? (prompt.tools ?? []).map(({ name }) => name) : [];
}

const utf8 = new TextEncoder();

function piecesOf(text: string): AnswerPiece[] {
  const [, thought, said] = /^think (.*) \| (.*)$/.exec(text) ?? [];
  if (thought !== undefined) return [{ reasoning: thought }, { text: said! }];
  if (!text.startsWith('call ')) return [];
  return text
    .slice(5)
    .split('\n')
    .flatMap((line, index): AnswerPiece[] => {
      const [, name, json] = /^(\w+) (.*)$/.exec(line)!;
      return [
        { toolCall: { index, id: `call_${index}`, name: name!, argumentsDelta: json!.slice(0, 2) } },
        { toolCall: { index, argumentsDelta: json!.slice(2) } },
      ];
    });
}

function textOfPiece(piece: AnswerPiece): string {
  return 'text' in piece ? piece.text : '';
}

function wordsOf(text: string, input: GenerateInput): string[] {
  if (text.startsWith('echo')) return [JSON.stringify(input)];
  if (text.startsWith('say '))
    return (
      text
        .slice(4)
        .split('\n\n', 1)[0]!
        .match(/\s*\S+\s*?/g) ?? []
    );
  return wordsFor(input.maxTokens ?? 8);
}

/** Four characters each, and one for each message around its text. */
function tokensOf(prompt: EngineCalls['count']['input']['prompt']): number {
  if (prompt.kind === 'texts') return prompt.texts.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0);
  if (prompt.kind === 'ids') return prompt.ids.length;
  const texts = prompt.kind === 'text' ? [prompt.text] : prompt.messages.map(({ content }) => content);
  return texts.reduce((sum, text) => sum + 1 + Math.ceil(text.length / 4), 0);
}

function wordsFor(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `w${i} `);
}

function summary(id: string): ModelSummary {
  return { id, name: id, contextLength: 1024, backend: 'webgpu', chat: true, dimensions: undefined };
}

function info(some: Partial<ModelInfo> & Pick<ModelInfo, 'id' | 'name'>): ModelInfo {
  return {
    source: 'catalog',
    state: 'ready',
    sizeBytes: 15_000_000,
    storedBytes: 15_000_000,
    licence: 'MIT',
    contextLength: 1024,
    memoryBytes: 50_000_000,
    problem: undefined,
    tried: true,
    ...some,
  };
}
