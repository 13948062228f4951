/**
 * GPT-2's alphabet: every byte is one visible character, itself where it is visible in Latin-1, and a character
 * from U+0100 on, in order, where it is not.
 */
export const BYTE_CHARS: readonly string[] = (() => {
  let hidden = 0;
  return Array.from({ length: 256 }, (_, byte) => {
    const isVisible = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
    return String.fromCharCode(isVisible ? byte : 0x100 + hidden++);
  });
})();

const bytesByChar = new Map(BYTE_CHARS.map((char, byte) => [char, byte]));

/** The bytes that a text of this alphabet stands for. A character outside it stands for itself, in UTF-8. */
export function bytesOfChars(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const char of text) {
    const byte = bytesByChar.get(char);
    if (byte !== undefined) bytes.push(byte);
    else bytes.push(...new TextEncoder().encode(char));
  }
  return Uint8Array.from(bytes);
}
