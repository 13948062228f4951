import { type Client, connect } from '../channel/connect.ts';
import type { Wire } from '../channel/wire.ts';
import type { EngineCalls } from '../protocol/engine-calls.ts';

type EngineSettings = EngineCalls['configure']['input'];

export interface EngineDeps {
  /** Starts a worker. */
  open(): Wire;
  settings(): Promise<EngineSettings>;
  /** Where the worker's ports get their WebAssembly frames. */
  wasmFrames: { take(port: MessagePort): Promise<void>; removeAll(): void };
}

/** The engine worker, started when first needed, and again if it broke; always under the user's settings. */
export class Engine {
  #client: Promise<Client<EngineCalls>> | undefined;
  #settings: Promise<EngineSettings> | undefined;

  constructor(private readonly deps: EngineDeps) {}

  client(): Promise<Client<EngineCalls>> {
    this.#client ??= this.#start();
    return this.#client;
  }

  async defaultModel(): Promise<string> {
    return (await this.#current()).defaultModel;
  }

  async configure(settings: EngineSettings): Promise<undefined> {
    this.#settings = Promise.resolve(settings);
    await (await this.client()).call('configure', settings);
  }

  #current(): Promise<EngineSettings> {
    if (!this.#settings) {
      this.#settings = this.deps.settings();
      this.#settings.catch(() => (this.#settings = undefined));
    }
    return this.#settings;
  }

  async #start(): Promise<Client<EngineCalls>> {
    const client = connect<EngineCalls>(this.deps.open());
    const forget = () => {
      this.#client = undefined;
    };
    void client.closed.then(forget);
    void this.#serveWasmPorts(client);
    try {
      await client.call('configure', await this.#current());
      return client;
    } catch (error) {
      forget();
      client.close();
      throw error;
    }
  }

  /** For as long as the worker lives. */
  async #serveWasmPorts(client: Client<EngineCalls>): Promise<void> {
    const { wasmFrames } = this.deps;
    const ports = client.stream('wasmPorts', undefined);
    // Its failure comes out of the loop
    ports.output.catch(() => {});
    try {
      for await (const port of ports) wasmFrames.take(port).catch(console.error);
    } catch {
      // The worker has stopped: whoever called it has been told
    } finally {
      wasmFrames.removeAll();
    }
  }
}
