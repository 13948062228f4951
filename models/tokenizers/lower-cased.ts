/** Character by character: what becomes several stays one, the first. */
export function lowerCased(text: string): string {
  return Array.from(text, (char) => String.fromCodePoint(char.toLowerCase().codePointAt(0)!)).join('');
}
