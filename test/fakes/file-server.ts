import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface FileOptions {
  /** Whether the server knows about Range. */
  ranges?: boolean;
  etag?: string;
  lastModified?: string;
  /** The connection breaks when this byte of the file would be sent. */
  cutAt?: number;
  /** Nothing is sent from this byte on, and the connection stays. */
  stallAt?: number;
  /** Content-Length says this much more than there is. */
  lie?: number;
  /** No Content-Length and no size in Content-Range. */
  isSizeHidden?: boolean;
  headers?: Record<string, string>;
}

/** Serves `bytes` as hubs do, or as badly as the options say. */
export function file(bytes: Uint8Array, options: FileOptions = {}): Answer {
  const {
    ranges = true,
    etag = '"1"',
    lastModified,
    cutAt,
    stallAt,
    lie = 0,
    isSizeHidden,
    headers,
  } = options;
  return (request, response) => {
    const asked = ranges ? /^bytes=(\d+)-$/.exec(request.headers.range ?? '') : null;
    const start = asked ? Number(asked[1]) : 0;
    if (asked && start >= bytes.length) {
      response.writeHead(416, { 'Content-Range': `bytes */${bytes.length + lie}` }).end();
      return;
    }
    const size = isSizeHidden ? '*' : bytes.length + lie;
    response.writeHead(asked ? 206 : 200, {
      ETag: etag,
      ...(lastModified && { 'Last-Modified': lastModified }),
      ...(!isSizeHidden && { 'Content-Length': bytes.length - start + lie }),
      ...(asked && { 'Content-Range': `bytes ${start}-${bytes.length - 1}/${size}` }),
      ...headers,
    });
    const end = Math.min(cutAt ?? bytes.length, stallAt ?? bytes.length);
    const body = bytes.subarray(start, Math.max(start, end));
    if (cutAt !== undefined || lie) response.write(body, () => response.destroy());
    else if (stallAt !== undefined) response.write(body);
    else response.end(body);
  };
}

export function status(code: number, headers: Record<string, string> = {}): Answer {
  return (_, response) => response.writeHead(code, headers).end('no');
}

/** A real HTTP server on this machine. It gives its `answers` in turn, the last one from then on. */
export class FileServer {
  readonly requests: { method: string; path: string; range: string | undefined }[] = [];
  #answers: Answer[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      // A page of another origin may read all this, as on a hub
      response.setHeader('Access-Control-Allow-Origin', '*');
      response.setHeader('Access-Control-Expose-Headers', 'ETag, Content-Range');
      this.requests.push({ method: request.method!, path: request.url!, range: request.headers.range });
      const answer = this.#answers.length > 1 ? this.#answers.shift()! : this.#answers[0]!;
      answer(request, response);
    });
  }

  static async start(): Promise<FileServer> {
    const server = new FileServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  answer(...answers: Answer[]): void {
    this.#answers = answers;
    this.requests.length = 0;
  }

  get ranges(): (string | undefined)[] {
    return this.requests.map(({ range }) => range);
  }

  url(path = '/model.gguf'): URL {
    return new URL(path, `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
