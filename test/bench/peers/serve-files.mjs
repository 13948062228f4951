// @ts-check
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';

const TYPES = {
  '.json': 'application/json',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};
const BLANK = '<!doctype html><title>bench</title>';
/** What gives a page the threads that peers compute with. */
const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/**
 * Serves a model, folders by their names and two empty pages to the browser: `/model.gguf`, `/NAME/…`, `/`, `/isolated`.
 * @param {{ model: string, folders?: Record<string, string> }} paths
 */
export async function serveFiles({ model, folders = {} }) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://any');
    const headers = { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' };
    if (pathname === '/' || pathname === '/isolated') {
      const own = pathname === '/isolated' ? ISOLATED : {};
      return void response.writeHead(200, { 'content-type': 'text/html', ...headers, ...own }).end(BLANK);
    }
    const [, name = '', path = ''] = /^\/([^/]+)(?:\/(.*))?$/.exec(pathname) ?? [];
    const folder = folders[name];
    const file = name === 'model.gguf' ? model : folder && join(folder, path);
    if (!file || !existsSync(file) || !statSync(file).isFile())
      return void response.writeHead(404, headers).end();
    const type = TYPES[/** @type {keyof typeof TYPES} */ (extname(file))] ?? 'application/octet-stream';
    response.writeHead(200, {
      'content-type': type,
      'content-length': statSync(file).size,
      ...headers,
      // Workers of an isolated page have to say so themselves
      ...ISOLATED,
    });
    createReadStream(file, { highWaterMark: 2 ** 20 }).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}/`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
