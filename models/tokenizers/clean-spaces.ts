/**
 * The text without the spaces that tokens of whole words put around punctuation, as Hugging Face's
 * `clean_up_tokenization_spaces` has it and llama.cpp after it: "it ' s fine ." is "it's fine."
 */
export function cleanSpaces(text: string): string {
  return text
    .replace(/ (?=[?!.,])/g, '')
    .replaceAll(" ' ", "'")
    .replace(/ (?='(?:s|m|re|ve))/g, '');
}
