import type { SiteConsent } from '../../src/protocol/background-calls.ts';
import type { EngineStatus } from '../../src/protocol/engine-calls.ts';
import type { HubRepository } from '../../src/protocol/hub.ts';
import type { ModelInfo } from '../../src/protocol/models.ts';
import type { Question } from '../../src/protocol/screen-calls.ts';
import type { SharedFile } from '../../src/protocol/shared-files.ts';

const MB = 2 ** 20;
const GB = 2 ** 30;

/** An engine that has nothing to do. */
export const readyStatus: EngineStatus = {
  state: 'ready',
  backend: 'webgpu',
  adapter: 'NVIDIA GeForce RTX 4070',
  notice: undefined,
  memoryBytes: 96 * MB,
  caps: { gpuPercent: 80, memoryBytes: 4 * GB },
  loaded: [
    {
      id: 'hearthside',
      name: 'Hearthside',
      weightsBytes: 15 * MB,
      kvBytes: 64 * MB,
      activationsBytes: 17 * MB,
    },
  ],
  running: [],
  tokensPerSecond: 0,
};

/** Three sites at once, one of them with a name too long for any column. */
export const busyStatus: EngineStatus = {
  ...readyStatus,
  memoryBytes: 1.4 * GB,
  loaded: [
    ...readyStatus.loaded,
    {
      id: 'llama-3.2-1b',
      name: 'Llama 3.2 1B Instruct',
      weightsBytes: 770 * MB,
      kvBytes: 512 * MB,
      activationsBytes: 60 * MB,
    },
  ],
  tokensPerSecond: 214,
  running: [
    {
      id: 1,
      origin: 'https://notes.example.com',
      model: 'llama-3.2-1b',
      phase: 'decode',
      promptTokens: 412,
      completionTokens: 187,
      tokensPerSecond: 96.4,
    },
    {
      id: 2,
      origin: 'https://notes.example.com',
      model: 'llama-3.2-1b',
      phase: 'waiting',
      promptTokens: 80,
      completionTokens: 0,
      tokensPerSecond: 0,
    },
    {
      id: 3,
      origin: 'https://accounts.google.com.signin.a-very-long-host-name-that-will-not-fit.example.net',
      model: 'hearthside',
      phase: 'decode',
      promptTokens: 31,
      completionTokens: 1204,
      tokensPerSecond: 117.2,
    },
    {
      id: 4,
      origin: 'http://localhost:5173',
      model: 'an-experimental-model-with-a-name-nobody-could-remember-q4_k_m',
      phase: 'prefill',
      promptTokens: 1900,
      completionTokens: 0,
      tokensPerSecond: 0,
    },
  ],
};

export const wasmStatus: EngineStatus = {
  ...readyStatus,
  backend: 'wasm',
  adapter: 'No GPU: this browser offers no WebGPU adapter',
  notice:
    'This browser offers no WebGPU, so models run on the processor. Answers come slowly; a smaller model helps.',
  tokensPerSecond: 3.4,
};

export const recoveringStatus: EngineStatus = {
  ...busyStatus,
  state: 'recovering',
  notice: 'The GPU was lost. Hearth loads the models again; answers go on where they stopped.',
  tokensPerSecond: 0,
};

const plain = { about: undefined, url: undefined, problem: undefined, tried: false, storedBytes: 0 };

export const someModels: ModelInfo[] = [
  {
    ...plain,
    id: 'hearthside',
    name: 'Hearthside',
    source: 'bundled',
    state: 'ready',
    sizeBytes: 15.2 * MB,
    storedBytes: 15.2 * MB,
    licence: 'MIT',
    contextLength: 1024,
    makes: 'chat',
    memoryBytes: 96 * MB,
    tried: true,
    about: 'Comes with Hearth. Continues prose in the manner of old English novels.',
  },
  {
    ...plain,
    id: 'llama-3.2-1b',
    name: 'Llama 3.2 1B Instruct',
    source: 'catalog',
    state: 'ready',
    sizeBytes: 770 * MB,
    storedBytes: 770 * MB,
    licence: 'Llama 3.2 Community',
    contextLength: 131_072,
    makes: 'chat',
    memoryBytes: 1.3 * GB,
    tried: true,
    url: 'https://hub.example/llama-3.2-1b.gguf',
    about: 'A good all-rounder for chat and summaries.',
  },
  {
    ...plain,
    id: 'smollm2-360m',
    name: 'SmolLM2 360M Instruct',
    source: 'catalog',
    state: 'paused',
    sizeBytes: 369 * MB,
    storedBytes: 120 * MB,
    licence: 'Apache-2.0',
    contextLength: 8192,
    makes: 'text',
    memoryBytes: 600 * MB,
    url: 'https://hub.example/smollm2-360m.gguf',
    about: 'Small and quick.',
  },
  {
    ...plain,
    id: 'my-own',
    name: 'an-experimental-model-with-a-name-nobody-could-remember-q4_k_m.gguf',
    source: 'file',
    state: 'ready',
    sizeBytes: 2.1 * GB,
    storedBytes: 2.1 * GB,
    licence: undefined,
    contextLength: undefined,
    memoryBytes: undefined,
    problem:
      'This file’s architecture is “qwen2moe”, which Hearth cannot run yet. Delete it, or keep it for a later version.',
  },
  {
    ...plain,
    id: 'llama-3.2-3b',
    name: 'Llama 3.2 3B Instruct',
    source: 'catalog',
    state: 'available',
    sizeBytes: 1.9 * GB,
    licence: 'Llama 3.2 Community',
    contextLength: 131_072,
    memoryBytes: 2.6 * GB,
    url: 'https://hub.example/llama-3.2-3b.gguf',
    about: 'Better answers than 1B, half as fast.',
  },
  {
    ...plain,
    id: 'llama-3.1-8b',
    name: 'Llama 3.1 8B Instruct',
    source: 'catalog',
    state: 'available',
    sizeBytes: 4.6 * GB,
    licence: 'Llama 3.1 Community',
    contextLength: 131_072,
    memoryBytes: 5.7 * GB,
    url: 'https://hub.example/llama-3.1-8b.gguf',
    about: 'The best answers of this list, for GPUs with 8 GB or more.',
  },
];

export const someSites: SiteConsent[] = [
  {
    origin: 'https://notes.example.com',
    decision: 'allow',
    models: ['llama-3.2-1b', 'hearthside'],
    decidedAt: Date.UTC(2026, 9, 2, 12),
  },
  {
    origin: 'https://accounts.google.com.signin.a-very-long-host-name-that-will-not-fit.example.net',
    decision: 'block',
    models: [],
    decidedAt: Date.UTC(2026, 10, 14, 12),
  },
  {
    origin: 'http://localhost:5173',
    decision: 'allow',
    models: ['hearthside'],
    decidedAt: Date.UTC(2026, 10, 19, 12),
  },
];

export const someFiles: SharedFile[] = [
  {
    sha256: '5f3a90c1'.repeat(8),
    sizeBytes: 1.2 * 1024 * MB,
    owners: ['https://models.example.org', 'https://writer.example.org'],
    isPinned: true,
    lastUsedAt: Date.UTC(2026, 10, 18, 12),
  },
  {
    sha256: '0b77d2e4'.repeat(8),
    sizeBytes: 84 * MB,
    owners: ['http://localhost:5173'],
    isPinned: false,
    lastUsedAt: Date.UTC(2026, 10, 2, 12),
  },
];

export const questions: Record<string, Question> = {
  plain: {
    origin: 'https://notes.example.com',
    isRemembered: true,
    hasOwn: false,
    wants: 'models',
    models: [
      { id: 'hearthside', name: 'Hearthside', sizeBytes: 15.2 * MB, needsDownload: false, licence: 'MIT' },
    ],
  },
  files: {
    origin: 'https://notes.example.com',
    isRemembered: true,
    hasOwn: false,
    wants: 'files',
    models: [],
  },
  own: {
    origin: 'https://notes.example.com',
    isRemembered: true,
    hasOwn: true,
    wants: 'models',
    models: [
      { id: 'hearthside', name: 'Hearthside', sizeBytes: 15.2 * MB, needsDownload: false, licence: 'MIT' },
    ],
  },
  download: {
    origin: 'https://xn--80ak6aa92e.com',
    isRemembered: true,
    hasOwn: false,
    wants: 'models',
    models: [
      {
        id: 'llama-3.2-1b',
        name: 'Llama 3.2 1B Instruct',
        sizeBytes: 770 * MB,
        needsDownload: false,
        licence: 'Llama 3.2 Community',
      },
      {
        id: 'llama-3.1-8b',
        name: 'Llama 3.1 8B Instruct',
        sizeBytes: 4.6 * GB,
        needsDownload: true,
        licence: 'Llama 3.1 Community',
        url: 'https://huggingface.co/someone/llama-3.1-8b/resolve/main/q4_k_m.gguf',
      },
    ],
  },
  opaque: {
    origin: 'null',
    isRemembered: false,
    hasOwn: false,
    wants: 'models',
    models: [
      { id: 'hearthside', name: 'Hearthside', sizeBytes: 15.2 * MB, needsDownload: false, licence: 'MIT' },
    ],
  },
  stranger: {
    origin: 'https://notes.example.com',
    isRemembered: true,
    hasOwn: false,
    wants: 'models',
    models: [{ id: 'gpt-5', name: 'gpt-5', sizeBytes: 0, needsDownload: false, licence: undefined }],
  },
  long: {
    origin:
      'https://accounts.google.com.signin.a-very-long-host-name-that-will-not-fit-in-any-window.example.net:8443',
    isRemembered: true,
    hasOwn: false,
    wants: 'models',
    models: [
      {
        id: 'my-own',
        name: 'an-experimental-model-with-a-name-nobody-could-remember-q4_k_m.gguf',
        sizeBytes: 2.1 * GB,
        needsDownload: false,
        licence: undefined,
      },
    ],
  },
};

const onHub = (name: string, sizeBytes: number, files = 1) => ({
  name,
  url: `https://huggingface.co/some/model/resolve/main/${name}.gguf`,
  sizeBytes,
  files,
  sha256: files === 1 ? 'a'.repeat(64) : undefined,
  memoryBytes: sizeBytes * 1.1,
});

/** What the hub finds: one that fits in part, one with terms to accept. */
export const hubRepositories: HubRepository[] = [
  {
    id: 'some/Model-3B-Instruct-GGUF',
    licence: 'apache-2.0',
    downloads: 1_234_567,
    isGated: false,
    models: [onHub('Q4_K_M', 1.9 * GB), onHub('Q8_0', 3.2 * GB), onHub('F16', 6.2 * GB, 2)],
  },
  {
    id: 'a-publisher/With-Terms-1B-GGUF',
    licence: 'gemma',
    downloads: 4_321,
    isGated: true,
    models: [onHub('Q4_0', 0.7 * GB)],
  },
];
