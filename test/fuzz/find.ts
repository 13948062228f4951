import type { Target } from './targets.ts';

/** What a stranger's bytes may end in. */
const CODES = ['bad-model', 'unsupported-model', 'out-of-memory', 'bad-input', 'too-long'];
const SENTENCE = /^[^\n]{10,4000}[.!?]$/;
const MAX_MS = 1500;
/** Buffers that are alive at the end or were given back since, for each byte of the input. */
const MAX_GROWTH = 64;
const FREE_BYTES = 32 * 2 ** 20;

/** Runs a target on bytes. Says what is wrong if that ends in anything but success or a refusal in a sentence, soon. */
export async function find(
  target: Target,
  bytes: Uint8Array,
  now = () => performance.now(),
): Promise<string | undefined> {
  const before = process.memoryUsage().arrayBuffers;
  const startedAt = now();
  try {
    await target.run(bytes);
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown };
    if (!CODES.includes(String(code)))
      return `an error that is no refusal: ${(error as Error)?.stack ?? String(error)}`;
    if (typeof message !== 'string' || !SENTENCE.test(message))
      return `a refusal that is no sentence: ${message}`;
  }
  const tookMs = now() - startedAt;
  if (tookMs > MAX_MS) return `${tookMs.toFixed(0)} ms for ${bytes.length} bytes`;
  const grown = process.memoryUsage().arrayBuffers - before;
  if (grown > FREE_BYTES + MAX_GROWTH * bytes.length)
    return `${grown} bytes of buffers for ${bytes.length} bytes`;
  return undefined;
}
