// @ts-check
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, resolve, sep } from 'node:path';
import { Trouble } from './trouble.mjs';

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
};

/**
 * Serves a folder's files on localhost: a secure context, so pages there have all that an https page has.
 * @param {string} folder
 * @param {{port: number, mayChoose: boolean}} options Whether another port will do when this one is taken
 * @returns {Promise<{url: string, close: () => void}>}
 */
export async function serveFolder(folder, { port, mayChoose }) {
  // The demo page's prompt comes in its address, and may be long
  const server = createServer({ maxHeaderSize: 2 ** 20 }, (request, response) => {
    const file = fileFor(folder, request.url ?? '/');
    if (!file) return void response.writeHead(404).end('There is no such file.');
    response.writeHead(200, {
      'content-type': TYPES[/** @type {keyof typeof TYPES} */ (extname(file))] ?? 'application/octet-stream',
      'cache-control': 'no-store',
    });
    createReadStream(file).pipe(response);
  });

  /** @param {number} port */
  const listen = (port) =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, 'localhost', () => resolve(undefined));
    });
  try {
    await listen(port);
  } catch (cause) {
    if (!mayChoose)
      throw new Trouble(`Port ${port} cannot be used (${codeOf(cause)}). Choose another with --port.`, {
        cause,
      });
    await listen(0);
  }
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://localhost:${address.port}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/**
 * The file that a request's path names, if it lies in the folder.
 * @param {string} folder
 * @param {string} url As HTTP has it: a path, perhaps with a query
 */
export function fileFor(folder, url) {
  let path;
  try {
    path = decodeURIComponent(new URL(url, 'http://localhost').pathname);
  } catch {
    return undefined;
  }
  const file = resolve(folder, `.${path}`, path.endsWith('/') ? 'index.html' : '');
  if (!file.startsWith(join(folder, sep)) || path.includes('\0')) return undefined;
  return existsSync(file) && statSync(file).isFile() ? file : undefined;
}

/** @param {unknown} error */
const codeOf = (error) => (error instanceof Error && 'code' in error ? error.code : 'unknown error');
