import { PrefixTree } from './prefix-tree.ts';
import type { Scheme } from './tokenizer.ts';
import type { Vocabulary } from './vocabulary.ts';

/** RWKV World's scheme: the longest token from where one stands, byte by byte; no merges, no scores. */
export class Rwkv implements Scheme {
  readonly addsSpace = 'never';
  /** Tokens by their bytes, each byte a character of its number. */
  private readonly tree: PrefixTree;
  private readonly utf8 = new TextEncoder();

  constructor(private readonly vocabulary: Vocabulary) {
    const { texts, kinds } = vocabulary;
    const ids = new Map<string, number>();
    for (const [id, text] of texts.entries())
      if (kinds[id] !== 'control') ids.set(latin1(this.bytes(text)), id);
    this.tree = new PrefixTree(ids);
  }

  encode(text: string, _isFirst: boolean, out: number[]): void {
    const bytes = latin1(this.utf8.encode(text));
    for (let at = 0; at < bytes.length; ) {
      let token = this.vocabulary.roles.unk;
      let length = 1;
      this.tree.walk(bytes, at, (id, tokenLength) => {
        token = id;
        length = tokenLength;
      });
      if (token !== undefined) out.push(token);
      at += length;
    }
  }

  /** Tokens are any bytes, written as Python writes them: \t, \n, \r, \xHH, and \ before another character. */
  bytes(tokenText: string): Uint8Array {
    const bytes: number[] = [];
    for (const [part, hex, escaped] of tokenText.matchAll(/\\x([0-9a-f]{2})|\\(.)|[^\\]+/gsu)) {
      if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
      else bytes.push(...this.utf8.encode(escaped === undefined ? part : (ESCAPES[escaped] ?? escaped)));
    }
    return Uint8Array.from(bytes);
  }
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r' };

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
