/** Follows JSON character by character, to find where its first value ends. */
export class JsonScanner {
  private depth = 0;
  private isString = false;
  private isEscaped = false;
  private hasBegun = false;

  get isInString(): boolean {
    return this.isString;
  }

  /** How many characters of `text` belong to the value, if it ends there. */
  push(text: string): number | undefined {
    for (let at = 0; at < text.length; at++) {
      if (this.step(text[at]!)) return at + 1;
    }
    return undefined;
  }

  /** True with the last character of an object or a list. */
  private step(char: string): boolean {
    if (this.isString) {
      if (this.isEscaped) this.isEscaped = false;
      else if (char === '\\') this.isEscaped = true;
      else if (char === '"') this.isString = false;
      return false;
    }
    if (char === '"') this.isString = true;
    else if (char === '{' || char === '[') {
      this.depth++;
      this.hasBegun = true;
    } else if (char === '}' || char === ']') this.depth--;
    return this.hasBegun && this.depth <= 0;
  }
}

/** JSON as it stands, or undefined where the text is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The items of a list, each as it is written. `text` is JSON. */
export function jsonItems(text: string): string[] {
  return topLevel(text.trim().slice(1, -1), ',').map((item) => item.trim());
}

/** The values of an object by their names, each as it is written: numbers keep their digits. `text` is JSON. */
export function jsonMembers(text: string): Map<string, string> {
  return new Map(
    topLevel(text.trim().slice(1, -1), ',').map((member): [string, string] => {
      const [name, ...value] = topLevel(member, ':');
      return [JSON.parse(name!), value.join(':').trim()];
    }),
  );
}

/** Parts between separators that stand in no text, list or object. */
function topLevel(text: string, separator: string): string[] {
  const parts: string[] = [];
  let [start, depth, isString] = [0, 0, false];
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (isString) {
      if (char === '\\') at++;
      else if (char === '"') isString = false;
    } else if (char === '"') isString = true;
    else if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') depth--;
    else if (char === separator && depth === 0) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  const last = text.slice(start);
  return last.trim() === '' ? parts : [...parts, last];
}
