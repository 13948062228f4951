import type { Budget } from './budget.ts';
import { Float, fail, Lazy, Namespace, Safe, Tuple, typeName, Undefined, type Value } from './values.ts';

/** Python's `str`. */
export function spell(value: Value, budget: Budget): string {
  if (typeof value === 'string') return value;
  return value instanceof Safe ? value.text : new Writer(budget).repr(value);
}

/** Values share parts: a list of twice itself, nested 30 times, is written out in a billion parts. */
class Writer {
  private length = 0;

  constructor(private readonly budget: Budget) {}

  repr(value: Value): string {
    const text = this.write(value);
    this.budget.chars((this.length += 1 + (isLeaf(value) ? text.length : 0)));
    return text;
  }

  private write(value: Value): string {
    if (value === null) return 'None';
    if (typeof value === 'boolean') return value ? 'True' : 'False';
    if (typeof value === 'number') return integer(value);
    if (typeof value === 'string') return quoted(value);
    if (value instanceof Float) return float(value.value);
    if (value instanceof Undefined) return '';
    if (value instanceof Safe) return `Markup(${quoted(value.text)})`;
    const row = (items: readonly Value[]) => items.map((item) => this.element(item)).join(', ');
    if (Array.isArray(value)) return `[${row(value)}]`;
    if (value instanceof Tuple) return `(${row(value.items)}${value.items.length === 1 ? ',' : ''})`;
    if (value instanceof Map) return `{${this.pairs(value)}}`;
    if (value instanceof Namespace) return `<Namespace {${this.pairs(value.fields)}}>`;
    return value instanceof Lazy ? '<generator>' : '<function>';
  }

  private pairs(map: Map<Value, Value>): string {
    return Array.from(map, ([key, item]) => `${this.element(key)}: ${this.element(item)}`).join(', ');
  }

  private element(value: Value): string {
    return value instanceof Undefined ? 'Undefined' : this.repr(value);
  }
}

function isLeaf(value: Value): boolean {
  return !(Array.isArray(value) || value instanceof Tuple || value instanceof Map);
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** In single quotes, unless the text has such and no double ones. */
function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(/[\\\n\r\t'"]|[\p{C}\p{Z}]/gu, (char) => {
    if (char === ' ' || char === quote || ESCAPES[char])
      return char === quote ? `\\${char}` : (ESCAPES[char] ?? char);
    if (char === "'" || char === '"') return char;
    const code = char.codePointAt(0)!;
    const hex = (digits: number) => code.toString(16).padStart(digits, '0');
    return code < 0x100 ? `\\x${hex(2)}` : code < 0x10000 ? `\\u${hex(4)}` : `\\U${hex(8)}`;
  });
  return quote + escaped + quote;
}

export function integer(value: number): string {
  return Number.isSafeInteger(value) ? String(value) : BigInt(value).toString();
}

/** The fewest digits that mean this number, with an exponent from 1e16 and below 1e-4. */
export function float(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  const [digits, exponent] = value.toExponential().split('e') as [string, string];
  const power = Number(exponent);
  if (power >= -4 && power < 16) {
    const plain = Object.is(value, -0) ? '-0' : String(value);
    return plain.includes('.') ? plain : `${plain}.0`;
  }
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

export interface JsonOptions {
  asciiOnly: boolean;
  /** Spaces, or the text of one level; undefined: all in one line. */
  indent: string | undefined;
  separators: readonly [item: string, key: string];
  sorted: boolean;
}

/** Python's `json.dumps`. */
export function toJson(value: Value, options: JsonOptions, budget: Budget): string {
  let length = 0;
  const count = (text: string) => {
    budget.chars((length += text.length + 1));
    return text;
  };
  const text = (part: string) => {
    const escaped = JSON.stringify(part);
    return options.asciiOnly ? escaped.replace(/[^\x20-\x7e]/g, unicodeEscape) : escaped;
  };
  const key = (part: Value) => {
    if (typeof part === 'string') return text(part);
    if (part === null || typeof part === 'boolean' || typeof part === 'number' || part instanceof Float)
      return text(write(part, ''));
    fail(`a key of JSON cannot be of type ${typeName(part)}`);
  };
  const group = (open: string, parts: readonly string[], close: string, margin: string) => {
    if (parts.length === 0) return open + close;
    if (options.indent === undefined) return open + parts.join(options.separators[0]) + close;
    const line = `\n${margin}${options.indent}`;
    return `${open}${line}${parts.join(options.separators[0].trimEnd() + line)}\n${margin}${close}`;
  };
  const write = (part: Value, margin: string): string => {
    const inner = margin + (options.indent ?? '');
    count(inner);
    if (part === null) return 'null';
    if (typeof part === 'boolean' || typeof part === 'number')
      return typeof part === 'number' ? integer(part) : String(part);
    if (part instanceof Float) return jsonFloat(part.value);
    if (typeof part === 'string') return count(text(part));
    if (part instanceof Safe) return count(text(part.text));
    const list = Array.isArray(part) ? part : part instanceof Tuple ? part.items : undefined;
    if (list)
      return group(
        '[',
        list.map((item) => write(item, inner)),
        ']',
        margin,
      );
    if (!(part instanceof Map)) fail(`a value of type ${typeName(part)} cannot be written as JSON`);
    const entries = [...part];
    if (options.sorted) entries.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
    const pairs = entries.map(
      ([name, item]) => count(key(name)) + options.separators[1] + write(item, inner),
    );
    return group('{', pairs, '}', margin);
  };
  return write(value, '');
}

function jsonFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? float(value) : value < 0 ? '-Infinity' : 'Infinity';
}

function unicodeEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
