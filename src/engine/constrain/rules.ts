/** Gathers the rules of a grammar in xgrammar's EBNF. A rule's body is an expression of it. */
export class Rules {
  readonly #bodies = new Map<string, string>();
  #count = 0;

  constructor(private readonly maxRules: number) {}

  /** A rule of its own for a body; its name, by which others use it. */
  add(body: string): string {
    const name = this.reserve();
    this.set(name, body);
    return name;
  }

  /** A name for a rule that is written later, since it names itself. */
  reserve(): string {
    if (++this.#count > this.maxRules) throw new RangeError('The grammar has too many rules.');
    return `r${this.#count}`;
  }

  set(name: string, body: string): void {
    this.#bodies.set(name, body);
  }

  text(root: string): string {
    this.set('root', root);
    return [...this.#bodies].map(([name, body]) => `${name} ::= ${body}`).join('\n');
  }
}

/** A text as it is. */
export function literal(text: string): string {
  const escaped = [...text].map((char) => {
    if (char === '"' || char === '\\') return `\\${char}`;
    return isPlain(char) ? char : codePoint(char.codePointAt(0)!);
  });
  return `"${escaped.join('')}"`;
}

export function anyOf(bodies: readonly string[]): string {
  return bodies.length === 1 ? bodies[0]! : `(${bodies.join(' | ')})`;
}

export function repeat(body: string, min: number, max: number | undefined): string {
  if (min === 1 && max === 1) return body;
  if (max === 0) return '""';
  if (min === 0 && max === undefined) return `(${body})*`;
  if (min === 0 && max === 1) return `(${body})?`;
  return `(${body}){${min},${max ?? ''}}`;
}

/** A code point in a text or a class. */
export function codePoint(code: number): string {
  return `\\U${code.toString(16).padStart(8, '0')}`;
}

function isPlain(char: string): boolean {
  return char >= ' ' && char <= '~';
}
