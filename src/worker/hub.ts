import { catalog } from '../../models/catalog/index.ts';
import type { Fetched } from '../mesh/load/piece-loader.ts';
import { HearthError } from '../protocol/errors.ts';
import type { Piece } from '../protocol/stage.ts';
import { partUrls } from '../storage/part-urls.ts';

/** Over TLS, and where the catalogue's own models are. */
export function isPublisher(url: URL): boolean {
  return url.protocol === 'https:' && catalog.some((entry) => new URL(entry.url).host === url.host);
}

/** A server that says nothing for so long is given up. */
const TIMEOUT_MS = 60_000;

export interface HubDeps {
  fetch: typeof globalThis.fetch;
  /** Machines of the room name the address: only where models are published is anything fetched for them. */
  isHub(url: URL): boolean;
}

/** Pieces from where a model is published, by range. What comes is held against its hash by who asked. */
export function hubPieces({ fetch, isHub }: HubDeps) {
  return async ({ manifest, origin }: Fetched, piece: Piece): Promise<Uint8Array<ArrayBuffer>> => {
    const url = URL.canParse(origin.url) ? new URL(origin.url) : undefined;
    if (!url || !isHub(url))
      throw new HearthError(
        'not-found',
        'No machine of the room gives the bytes of this model, and no publisher that this machine knows has it.',
      );
    const { part, at } = placeOf(manifest.partBytes, piece.offset);
    const response = await fetch(partUrls(url)[part] ?? url, {
      headers: { Range: `bytes=${at}-${at + piece.bytes - 1}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
    }).catch((cause: unknown) => {
      throw unreachable(url, 'cannot be reached', cause);
    });
    // A server that knows no ranges would send the whole file
    if (response.status !== 206 || !response.body) {
      await response.body?.cancel();
      throw unreachable(url, `answered with ${response.status}`);
    }
    return readExactly(response.body, piece.bytes, url);
  };
}

/** In which of a model's files a place lies, and where there. */
function placeOf(partBytes: readonly number[], offset: number): { part: number; at: number } {
  let [part, at] = [0, offset];
  while (part < partBytes.length - 1 && at >= partBytes[part]!) at -= partBytes[part++]!;
  return { part, at };
}

async function readExactly(
  body: ReadableStream<Uint8Array>,
  length: number,
  url: URL,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    if (filled + chunk.length > length) throw unreachable(url, 'sends more than was asked for');
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  if (filled < length) throw unreachable(url, 'broke off');
  return bytes;
}

function unreachable({ host }: URL, what: string, cause?: unknown): HearthError {
  return new HearthError(
    'offline',
    `A piece of the model was asked of ${host}, which ${what}. Try again later, or download the model on this machine.`,
    { cause },
  );
}
