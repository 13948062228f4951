import { type Handler, type Handlers, type OpenCall, serve } from '../../src/channel/serve.ts';
import type { Wire } from '../../src/channel/wire.ts';
import type { BackgroundCalls, BuiltInSite, SiteConsent } from '../../src/protocol/background-calls.ts';
import type { EngineStatus } from '../../src/protocol/engine-calls.ts';
import type { Call } from '../../src/protocol/frames.ts';
import { type ErrorCode, HearthError } from '../../src/protocol/errors.ts';
import type { DownloadProgress, ModelInfo } from '../../src/protocol/models.ts';
import type { PerformanceFacts, ProfileProgress } from '../../src/protocol/performance.ts';
import type { ScreenCalls } from '../../src/protocol/screen-calls.ts';
import type { SharedFile } from '../../src/protocol/shared-files.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../src/protocol/settings.ts';
import { someFacts, someProfile } from '../fakes/performance-scenes.ts';
import { FakeMesh } from './fake-mesh.ts';
import {
  busyStatus,
  questions,
  readyStatus,
  recoveringStatus,
  someFiles,
  someModels,
  someSites,
  wasmStatus,
  hubRepositories,
} from '../fakes/screen-scenes.ts';

const STATUSES: Record<string, EngineStatus> = {
  busy: busyStatus,
  idle: readyStatus,
  wasm: wasmStatus,
  recovering: recoveringStatus,
};

interface OpenTransfer {
  model: ModelInfo;
  send: (progress: DownloadProgress) => void;
  finish: () => void;
}

/**
 * A small Hearth for the screens: background, offscreen document and engine in one, with state of its own.
 * Time stands still; `step`, `say`, `die` and `failNext` move it.
 */
export class FakeHearth {
  /** Every call that changes something, in order. */
  readonly calls: { name: string; input: unknown }[] = [];
  status: EngineStatus | undefined;
  models: ModelInfo[];
  sites: SiteConsent[];
  builtInSites: BuiltInSite[];
  settings: Settings = DEFAULT_SETTINGS;
  /** False while there is no offscreen document and none can be made. */
  isAlive = true;
  facts: PerformanceFacts;
  /** Of the measurement under way. */
  tellProfile: (progress: ProfileProgress) => void = () => {};
  finishProfile: () => void = () => {};
  readonly mesh: FakeMesh;
  readonly #watchers = new Set<(status: EngineStatus) => void>();
  readonly #wires = new Set<Wire>();
  readonly #transfers = new Set<OpenTransfer>();
  readonly #failures = new Map<string, HearthError>();

  constructor(scene: string) {
    this.status = STATUSES[scene];
    this.models = someModels.map((model) => ({ ...model }));
    this.sites = scene === 'idle' ? [] : [...someSites];
    this.files = scene === 'idle' ? [] : [...someFiles];
    this.builtInSites = scene === 'idle' ? [] : [{ origin: 'https://translate.example.org', choice: 'own' }];
    this.facts = scene === 'wasm' ? { ...someFacts, gpu: undefined } : someFacts;
    this.isAlive = scene !== 'gone';
    this.mesh = new FakeMesh(scene, this.entry);
  }

  /** The engine has a new status. */
  say(change: Partial<EngineStatus>): void {
    this.status = { ...(this.status ?? readyStatus), ...change };
    for (const tell of this.#watchers) tell(this.status);
  }

  /** Every running answer grows by `tokens`, every transfer by a tenth. */
  step(tokens = 7): void {
    if (this.status) {
      const running = this.status.running.map((sequence) =>
        sequence.phase === 'decode'
          ? { ...sequence, completionTokens: sequence.completionTokens + tokens }
          : sequence,
      );
      this.say({ running });
    }
    for (const { model, send, finish } of this.#transfers) {
      model.storedBytes = Math.min(model.sizeBytes, model.storedBytes + Math.ceil(model.sizeBytes / 10));
      if (model.storedBytes >= model.sizeBytes) finish();
      else {
        send({
          model: model.id,
          receivedBytes: model.storedBytes,
          sizeBytes: model.sizeBytes,
          bytesPerSecond: 24 * 2 ** 20,
          phase: 'downloading',
        });
      }
    }
  }

  files: SharedFile[] = [];
  hasToken = false;
  savedTextBytes = 214 * 2 ** 20;

  /** The offscreen document closes under its screens. */
  die(): void {
    this.isAlive = false;
    for (const wire of this.#wires) wire.close();
  }

  /** The next call of this name fails. */
  failNext(name: string, code: ErrorCode, message: string): void {
    this.#failures.set(name, new HearthError(code, message));
  }

  serveScreen(wire: Wire): void {
    this.#wires.add(wire);
    void wire.closed.then(() => this.#wires.delete(wire));
    serve(wire, this.screenCalls());
  }

  backgroundCalls(): Handlers<BackgroundCalls> {
    const { entry } = this;
    return {
      wake: entry('wake', (): undefined => {
        if (!this.isAlive) throw new HearthError('gone', 'Its page cannot be opened.');
      }),
      settings: entry('settings', () => this.settings),
      changeSettings: entry('changeSettings', (change) => {
        this.settings = { ...this.settings, ...change };
        return this.settings;
      }),
      sites: entry('sites', () => this.sites),
      consent: entry('consent', ({ origin }) => this.sites.find((site) => site.origin === origin)),
      decide: entry('decide', ({ origin }) => {
        this.sites = this.sites.filter((site) => site.origin !== origin);
        return undefined;
      }),
      builtInSites: entry('builtInSites', () => this.builtInSites),
      builtInChoice: entry('builtInChoice', () => this.settings.builtIn),
      chooseBuiltIn: entry('chooseBuiltIn', ({ origin, choice }) => {
        const others = this.builtInSites.filter((site) => site.origin !== origin);
        this.builtInSites = choice === 'default' ? others : [...others, { origin, choice }];
        return undefined;
      }),
      openPrompt: entry('openPrompt', () => undefined),
      closePrompt: entry('closePrompt', () => undefined),
      room: entry('room', () => undefined),
      rememberRoom: entry('rememberRoom', () => undefined),
      isIdle: entry('isIdle', () => false),
      hub: entry('hub', () => ({ hub: this.settings.hub, hasToken: this.hasToken })),
      keepHubToken: entry('keepHubToken', ({ token }) => {
        this.hasToken = token !== undefined;
        return undefined;
      }),
      hubAccess: entry('hubAccess', () => ({ origin: this.settings.hub, authorization: undefined })),
      memory: entry('memory', () => 24 * 2 ** 30),
    };
  }

  screenCalls(): Handlers<ScreenCalls> {
    const { entry } = this;
    return {
      watch: {
        parse: () => undefined,
        run: (_input, call) =>
          new Promise((_, reject) => {
            const tell = (status: EngineStatus) => void call.send(status);
            this.#watchers.add(tell);
            if (this.status) tell(this.status);
            call.signal.addEventListener('abort', () => {
              this.#watchers.delete(tell);
              reject(call.signal.reason);
            });
          }),
      },
      models: entry('models', () => this.models),
      load: entry('load', () => {
        throw new HearthError('internal', 'The screens do not load models.');
      }),
      unload: entry('unload', () => undefined),
      loadAdapter: entry('loadAdapter', () => undefined),
      removeAdapter: entry('removeAdapter', () => undefined),
      stop: entry('stop', ({ origin }) => {
        const running = this.status!.running.filter((sequence) => origin && sequence.origin !== origin);
        const stopped = this.status!.running.length - running.length;
        this.say({ running, tokensPerSecond: running.length > 0 ? this.status!.tokensPerSecond : 0 });
        return { stopped };
      }),
      download: {
        parse: (input) => input as ScreenCalls['download']['input'],
        run: (request, call) => {
          this.#record('download', request);
          const id = request.kind === 'catalog' ? request.model : 'added-by-address';
          const name = request.kind === 'url' ? 'Added by address' : id;
          const url = request.kind === 'url' ? request.url : undefined;
          return this.#transfer(this.#modelOf(id, name, { source: 'url', url }), call);
        },
      },
      importFolder: {
        parse: (input) => input as ScreenCalls['importFolder']['input'],
        run: ({ name, files }, call) => {
          this.#record('importFolder', name);
          const sizeBytes = files.reduce((sum, { file }) => sum + file.size, 0);
          return this.#transfer(this.#modelOf(name, name, { source: 'folder', sizeBytes }), call);
        },
      },
      importFile: {
        parse: (input) => input as ScreenCalls['importFile']['input'],
        run: ({ name, file }, call) => {
          this.#record('importFile', name);
          return this.#transfer(this.#modelOf(name, name, { source: 'file', sizeBytes: file.size }), call);
        },
      },
      remove: entry('remove', ({ model }) => {
        this.models = this.models.flatMap((other) => {
          if (other.id !== model) return [other];
          return other.source === 'catalog' ? [{ ...other, state: 'available', storedBytes: 0 }] : [];
        });
        return undefined;
      }),
      searchHub: entry('searchHub', () => hubRepositories),
      pin: entry('pin', ({ model, isPinned }) => {
        this.models = this.models.map((other) => (other.id === model ? { ...other, isPinned } : other));
        return undefined;
      }),
      modelFile: entry('modelFile', () => new Blob(['a model'])),
      savedTexts: entry('savedTexts', () => ({ bytes: this.savedTextBytes })),
      forgetTexts: entry('forgetTexts', () => {
        this.savedTextBytes = 0;
        return undefined;
      }),
      configure: entry('configure', ({ caps }) => {
        this.say({ caps });
        return undefined;
      }),
      performance: entry('performance', () => this.facts),
      profile: {
        parse: (input) => input as ScreenCalls['profile']['input'],
        run: (input, call) => {
          this.#record('profile', input);
          return new Promise((resolve, reject) => {
            this.tellProfile = (progress) => void call.send(progress);
            this.finishProfile = () => resolve({ ...someProfile, ...input });
            call.signal.addEventListener('abort', () => reject(call.signal.reason));
          });
        },
      },
      question: entry('question', ({ question }) => {
        const found = questions[question];
        if (!found) throw new HearthError('not-found', 'This question was answered, or its page has gone.');
        return found;
      }),
      answer: entry('answer', () => undefined),
      sharedFiles: entry('sharedFiles', () => this.files),
      pinFile: entry('pinFile', ({ sha256, isPinned }) => {
        this.files = this.files.map((file) => (file.sha256 === sha256 ? { ...file, isPinned } : file));
        return undefined;
      }),
      removeFiles: entry('removeFiles', ({ files }) => {
        this.files = this.files.filter(({ sha256 }) => !files.includes(sha256));
        return undefined;
      }),
      disownFiles: entry('disownFiles', ({ origin }) => {
        this.files = this.files.filter(({ owners }) => !owners.every((owner) => owner === origin));
        return undefined;
      }),
      revoke: entry('revoke', () => undefined),
      machine: entry('machine', () => ({
        memoryBytes: 24 * 2 ** 30,
        adapter: this.status?.adapter ?? 'GPU',
      })),
    };
  }

  /** A handler that trusts its caller and is over at once. */
  readonly entry = <Entry extends Call>(
    name: string,
    run: (input: Entry['input']) => Entry['output'],
  ): Handler<Entry> => ({
    parse: (input) => input,
    run: (input) => {
      this.#record(name, input);
      return run(input);
    },
  });

  #record(name: string, input: unknown): void {
    if (
      !/^(wake|settings|sites|builtInSites|models|machine|question|performance|hub|savedTexts|sharedFiles)$/.test(
        name,
      )
    )
      this.calls.push({ name, input });
    const failure = this.#failures.get(name);
    this.#failures.delete(name);
    if (failure) throw failure;
  }

  #modelOf(id: string, name: string, change: Partial<ModelInfo>): ModelInfo {
    const known = this.models.find((model) => model.id === id);
    if (known) return known;
    const model: ModelInfo = {
      ...someModels[3]!,
      problem: undefined,
      state: 'downloading',
      storedBytes: 0,
      ...change,
      id,
      name,
    };
    this.models = [...this.models, model];
    return model;
  }

  #transfer(model: ModelInfo, call: OpenCall<DownloadProgress>): Promise<ModelInfo> {
    model.state = 'downloading';
    return new Promise((resolve, reject) => {
      const transfer: OpenTransfer = {
        model,
        send: (progress) => void call.send(progress),
        finish: () => {
          this.#transfers.delete(transfer);
          model.state = 'ready';
          resolve(model);
        },
      };
      this.#transfers.add(transfer);
      call.signal.addEventListener('abort', () => {
        this.#transfers.delete(transfer);
        model.state = 'paused';
        reject(call.signal.reason);
      });
    });
  }
}
