/** What comes from our own offscreen document, which has parsed what strangers sent. */
export function trusted<Input>(input: unknown): Input {
  return input as Input;
}
