// Tools in words: how a model is told of them, and how its calls are found in what it says. The tags are those that
// Hermes made common: most open models that were trained on tools know them, others can follow the instruction.
import type { ToolCall, ToolDeclaration, ToolResponse } from '../../protocol/built-in-ai.ts';

const OPEN = '<tool_call>';
const CLOSE = '</tool_call>';

export function toolInstructions(tools: readonly ToolDeclaration[]): string {
  const list = tools.map(({ name, description, inputSchema }) =>
    JSON.stringify({
      type: 'function',
      function: { name, description, parameters: JSON.parse(inputSchema) },
    }),
  );
  return [
    'You can call functions to answer the user. These are their signatures:',
    `<tools>\n${list.join('\n')}\n</tools>`,
    'To call one, write its name and its arguments as JSON, and nothing after it:',
    `${OPEN}\n{"name": …, "arguments": {…}}\n${CLOSE}`,
    'For several calls, write one after the other. If you need none, answer in plain text.',
  ].join('\n');
}

export function callText({ name, arguments: json }: ToolCall): string {
  return `${OPEN}\n{"name": ${JSON.stringify(name)}, "arguments": ${json}}\n${CLOSE}`;
}

export function responseText(response: ToolResponse): string {
  const content =
    'result' in response
      ? `"content": ${response.result}`
      : `"error": ${JSON.stringify(response.errorMessage)}`;
  return `<tool_response>\n{"name": ${JSON.stringify(response.name)}, ${content}}\n</tool_response>`;
}

export type Piece = { kind: 'text'; text: string } | { kind: 'tool-call'; call: ToolCall };

/** Finds calls in an answer while it comes. What looks like a call and is none stays text. */
export class ToolCallParser {
  #held = '';
  #isAfterCall = false;

  constructor(
    private readonly names: ReadonlySet<string>,
    private readonly newId: () => string,
  ) {}

  /** What is certain by now. */
  push(text: string): Piece[] {
    this.#held += text;
    const pieces: Piece[] = [];
    for (;;) {
      const start = this.#held.indexOf(OPEN);
      const end = start < 0 ? -1 : this.#held.indexOf(CLOSE, start);
      if (end < 0) break;
      const call = this.#parse(this.#held.slice(start + OPEN.length, end));
      const after = end + CLOSE.length;
      pieces.push(...this.#text(this.#held.slice(0, call ? start : after)), ...this.#call(call));
      this.#held = this.#held.slice(after);
    }
    const certain = certainLength(this.#held);
    pieces.push(...this.#text(this.#held.slice(0, certain)));
    this.#held = this.#held.slice(certain);
    return pieces;
  }

  /** What is left. Some models end their turn in place of the closing tag. */
  end(): Piece[] {
    const rest = this.#held;
    this.#held = '';
    const call = rest.startsWith(OPEN) ? this.#parse(rest.slice(OPEN.length)) : undefined;
    return call ? this.#call(call) : this.#text(rest);
  }

  #call(call: ToolCall | undefined): Piece[] {
    if (!call) return [];
    this.#isAfterCall = true;
    return [{ kind: 'tool-call', call }];
  }

  /** White space between calls is nothing that was said. */
  #text(text: string): Piece[] {
    const said = this.#isAfterCall ? text.trimStart() : text;
    if (said === '') return [];
    this.#isAfterCall = false;
    return [{ kind: 'text', text: said }];
  }

  #parse(json: string): ToolCall | undefined {
    try {
      const { name, arguments: given = {} } = JSON.parse(json);
      const isObject = typeof given === 'object' && given !== null && !Array.isArray(given);
      if (!this.names.has(name) || !isObject) return undefined;
      return { callID: this.newId(), name, arguments: JSON.stringify(given) };
    } catch {
      return undefined;
    }
  }
}

/** How much of a text cannot be the beginning of a call. */
function certainLength(text: string): number {
  const start = text.indexOf(OPEN);
  if (start >= 0) return start;
  for (let length = Math.min(OPEN.length - 1, text.length); length > 0; length--)
    if (OPEN.startsWith(text.slice(-length))) return text.length - length;
  return text.length;
}
