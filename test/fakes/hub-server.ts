import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { file } from './file-server.ts';

export interface HubRepositoryFiles {
  licence?: string;
  downloads?: number;
  isGated?: boolean;
  files: Record<string, Uint8Array>;
}

export const TOKEN = 'hf_aTokenOfTheUser';

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'authorization, range',
  'access-control-expose-headers': 'content-range, content-length, etag',
};

/**
 * A hub of models with the part of Hugging Face's API that Hearth uses (https://huggingface.co/docs/hub/api), and a store on
 * another origin that it redirects downloads to.
 */
export class HubServer {
  /** What came, with the header that only the hub may see. */
  readonly requests: { at: 'hub' | 'store'; path: string; authorization: string | undefined }[] = [];
  readonly #hub: Server;
  readonly #store: Server;

  private constructor(private readonly repositories: Record<string, HubRepositoryFiles>) {
    this.#hub = createServer((request, response) => this.#serve('hub', request, response));
    this.#store = createServer((request, response) => this.#serve('store', request, response));
  }

  static async start(repositories: Record<string, HubRepositoryFiles>): Promise<HubServer> {
    const hub = new HubServer(repositories);
    for (const server of [hub.#hub, hub.#store])
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return hub;
  }

  get origin(): string {
    return originOf(this.#hub);
  }

  stop(): void {
    for (const server of [this.#hub, this.#store]) {
      server.closeAllConnections();
      server.close();
    }
  }

  #serve(at: 'hub' | 'store', request: IncomingMessage, response: ServerResponse): unknown {
    for (const [name, value] of Object.entries(CORS)) response.setHeader(name, value);
    if (request.method === 'OPTIONS') return response.writeHead(204).end();
    const { pathname, searchParams } = new URL(request.url!, 'http://any');
    const { authorization } = request.headers;
    this.requests.push({ at, path: pathname, authorization });
    const json = (value: unknown) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));

    if (at === 'hub' && pathname === '/api/models') return json(this.#search(searchParams));
    const tree = /^\/api\/models\/(.+)\/tree\/main$/.exec(pathname)?.[1];
    if (at === 'hub' && tree && this.repositories[tree]) return json(treeOf(this.repositories[tree].files));

    const [, id = '', path = ''] = /^\/([^/]+\/[^/]+)\/resolve\/main\/(.+)$/.exec(pathname) ?? [];
    const repository = this.repositories[id];
    const bytes = repository?.files[decodeURIComponent(path)];
    if (!bytes) return response.writeHead(404).end();
    if (at === 'store') return file(bytes)(request, response);
    if (repository.isGated && authorization !== `Bearer ${TOKEN}`) return response.writeHead(401).end();
    return response.writeHead(302, { location: originOf(this.#store) + pathname }).end();
  }

  #search(query: URLSearchParams) {
    const text = query.get('search')?.toLowerCase() ?? '';
    const tagsOf = ({ licence }: HubRepositoryFiles) => ['gguf', ...(licence ? [`license:${licence}`] : [])];
    return Object.entries(this.repositories)
      .filter(([id]) => id.toLowerCase().includes(text))
      .filter(([, repository]) => query.getAll('filter').every((tag) => tagsOf(repository).includes(tag)))
      .sort(([, a], [, b]) => (b.downloads ?? 0) - (a.downloads ?? 0))
      .slice(0, Number(query.get('limit')))
      .map(([id, repository]) => ({
        _id: '6',
        id,
        modelId: id,
        downloads: repository.downloads ?? 0,
        gated: repository.isGated ? 'manual' : false,
        private: false,
        tags: tagsOf(repository),
      }));
  }
}

function treeOf(files: Record<string, Uint8Array>) {
  const entries = Object.entries(files).map(([path, bytes]) => {
    const oid = createHash('sha256').update(bytes).digest('hex');
    return {
      type: 'file',
      oid: 'b'.repeat(40),
      size: bytes.length,
      path,
      lfs: { oid, size: bytes.length, pointerSize: 134 },
    };
  });
  return [{ type: 'directory', oid: 'c'.repeat(40), size: 0, path: 'folder' }, ...entries];
}

function originOf(server: Server): string {
  return `http://localhost:${(server.address() as AddressInfo).port}`;
}
