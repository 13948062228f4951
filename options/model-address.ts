export type ModelAddress = { ok: true; url: string } | { ok: false; because: string };

/** An address that the user typed or pasted, as one from which bytes can be fetched. */
export function parseModelAddress(text: string): ModelAddress {
  const trimmed = text.trim();
  if (!trimmed) return { ok: false, because: 'Enter the address of a .gguf file.' };
  if (!URL.canParse(trimmed)) {
    return {
      ok: false,
      because: 'This is not a web address. It should begin with https:// and end with .gguf.',
    };
  }
  const url = new URL(trimmed);
  const isLocal = url.hostname === 'localhost' || url.hostname === '127.0.0.1';
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLocal)) {
    return {
      ok: false,
      because: 'Models are fetched over https:// only, so that nobody on the way can change them.',
    };
  }
  if (url.username || url.password) {
    return { ok: false, because: 'Leave the user name and password out of the address.' };
  }
  // A hub's page about a file, which people copy more often than the address of the file itself
  if (url.hostname === 'huggingface.co') url.pathname = url.pathname.replace('/blob/', '/resolve/');
  if (!url.pathname.toLowerCase().endsWith('.gguf')) {
    return {
      ok: false,
      because: 'The address should end with .gguf: Hearth reads models in that format only.',
    };
  }
  url.hash = '';
  return { ok: true, url: url.href };
}

/** The digest in lower case, or a sentence. Nothing entered is no digest. */
export function parseSha256(
  text: string,
): { ok: true; sha256: string | undefined } | { ok: false; because: string } {
  const digest = text.trim().toLowerCase();
  if (!digest) return { ok: true, sha256: undefined };
  if (/^[0-9a-f]{64}$/.test(digest)) return { ok: true, sha256: digest };
  return {
    ok: false,
    because: 'A SHA-256 has 64 digits from 0 to 9 and a to f. Leave the field empty to skip the check.',
  };
}
