import { createSHA256 } from 'hash-wasm';
import { withoutPart } from '../protocol/part-names.ts';
import { HearthError } from '../protocol/errors.ts';
import { MAX_MODEL_ID_CHARS, MAX_URL_CHARS } from '../protocol/limits.ts';

const ID = /^[a-z0-9]+([._-]+[a-z0-9]+)*$/;
const MAX_SLUG_CHARS = 100;

/** A catalogue's id, or one of those made below: nothing in it that a file system could take for a path. */
export function parseModelId(value: unknown): string {
  if (typeof value === 'string' && value.length <= MAX_MODEL_ID_CHARS && ID.test(value)) return value;
  throw new HearthError(
    'bad-input',
    `A model id has small letters and digits, with ".", "_" or "-" between them, and at most ${MAX_MODEL_ID_CHARS} characters.`,
  );
}

/** An address that a model may be downloaded from. */
export function parseModelUrl(value: unknown): URL {
  const isText = typeof value === 'string' && value.length <= MAX_URL_CHARS && URL.canParse(value);
  const url = isText ? new URL(value) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.href.length > MAX_URL_CHARS)
    throw new HearthError(
      'bad-input',
      `This is no address of a model. It has to begin with https:// or http:// and lead to a .gguf file.`,
    );
  if (url.username || url.password)
    throw new HearthError(
      'bad-input',
      'An address with a name and password in it is not taken. Download the file yourself and drop it here.',
    );
  url.hash = '';
  // What people copy from the address bar is the page about the file
  if (url.host === 'huggingface.co')
    url.pathname = url.pathname.replace(/^(\/[^/]+\/[^/]+)\/blob\//, '$1/resolve/');
  return url;
}

/** The same for the same address: `llama-3.2-1b-q4_k_m-1f0c9a2b`. */
export async function modelIdOfUrl(url: URL): Promise<string> {
  return `${slugOf(modelNameOf(url.pathname))}-${await digest(new TextEncoder().encode(url.href))}`;
}

/** The same for the same bytes, whatever else differs. */
export function modelIdOfFile(name: string, sha256: string): string {
  return `${slugOf(modelNameOf(name))}-${sha256.slice(0, 8)}`;
}

/** What people call it: the file's name without folders, the number of a part, and ending. */
export function modelNameOf(path: string): string {
  const file = decode(path).split(/[/\\]/).at(-1) ?? '';
  const name = withoutPart(file)
    .replace(/\.gguf$/i, '')
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
    .trim();
  return name.slice(0, MAX_SLUG_CHARS) || 'model';
}

function slugOf(name: string): string {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9._]+/g, '-')
    .replace(/^[._-]+|[._-]+$/g, '');
  return slug.slice(0, MAX_SLUG_CHARS) || 'model';
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function digest(bytes: Uint8Array): Promise<string> {
  return (await createSHA256()).init().update(bytes).digest().slice(0, 8);
}
