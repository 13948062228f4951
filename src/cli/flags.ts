import { parseArgs } from 'node:util';
import { HearthError } from '../protocol/errors.ts';

/** Every flag of every command; each command says which it takes. */
const FLAGS = {
  model: { type: 'string' },
  text: { type: 'string' },
  file: { type: 'string' },
  bos: { type: 'boolean' },
  'parse-special': { type: 'boolean' },
  ids: { type: 'string' },
  dimensions: { type: 'string' },
  raw: { type: 'boolean' },
  all: { type: 'boolean' },
  context: { type: 'string' },
  prompt: { type: 'string' },
  messages: { type: 'string' },
  'max-tokens': { type: 'string' },
  temperature: { type: 'string' },
  'top-k': { type: 'string' },
  'top-p': { type: 'string' },
  'min-p': { type: 'string' },
  'repetition-penalty': { type: 'string' },
  'frequency-penalty': { type: 'string' },
  'presence-penalty': { type: 'string' },
  seed: { type: 'string' },
  stop: { type: 'string', multiple: true },
  'keep-tokens': { type: 'string' },
  pp: { type: 'string' },
  tg: { type: 'string' },
  concurrency: { type: 'string' },
  repeat: { type: 'string' },
  depth: { type: 'string' },
  share: { type: 'string' },
  seconds: { type: 'string' },
  profile: { type: 'boolean' },
  draft: { type: 'string' },
  copy: { type: 'boolean' },
  mixed: { type: 'boolean' },
  constraint: { type: 'boolean' },
  shape: { type: 'string' },
  quant: { type: 'string' },
  out: { type: 'string' },
  k: { type: 'string' },
  n: { type: 'string' },
  rows: { type: 'string' },
  kv: { type: 'string' },
  'max-rows': { type: 'string' },
  lora: { type: 'string', multiple: true },
  room: { type: 'string' },
  server: { type: 'string' },
  name: { type: 'string' },
  'memory-mb': { type: 'string' },
  'gpu-percent': { type: 'string' },
  adapter: { type: 'string' },
  features: { type: 'string' },
  peers: { type: 'string' },
  'vulkan-icd': { type: 'string' },
} as const;

export type FlagName = keyof typeof FLAGS;

/** Flags that say where and how to compute, taken by every command that computes. */
export const GPU_FLAGS: readonly FlagName[] = [
  'adapter',
  'features',
  'vulkan-icd',
  'kv',
  'context',
  'max-rows',
  'lora',
];

/** `--text -x` as `--text=-x`: what follows a flag that takes a value is its value, whatever it begins with. */
function joined(args: string[]): string[] {
  const all: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const name = args[i]!.slice(2);
    const takesValue =
      args[i]!.startsWith('--') && Object.hasOwn(FLAGS, name) && FLAGS[name as FlagName].type === 'string';
    const value = args[i + 1];
    if (takesValue && value !== undefined) {
      all.push(`--${name}=${value}`);
      i++;
    } else all.push(args[i]!);
  }
  return all;
}

/** Command-line flags, checked as they are asked for. */
export class Flags {
  readonly #values: Record<string, string | boolean | string[] | undefined>;

  constructor(args: string[], allowed: readonly FlagName[]) {
    try {
      const options = Object.fromEntries(allowed.map((name) => [name, FLAGS[name]]));
      this.#values = parseArgs({ args: joined(args), options, strict: true, allowPositionals: false }).values;
    } catch (cause) {
      throw new HearthError(
        'bad-input',
        `${(cause as Error).message} This command takes: ${allowed.map((name) => `--${name}`).join(' ')}.`,
        { cause },
      );
    }
  }

  has(name: FlagName): boolean {
    return this.#values[name] !== undefined;
  }

  string(name: FlagName): string | undefined {
    return this.#values[name] as string | undefined;
  }

  required(name: FlagName): string {
    const value = this.string(name);
    if (value === undefined) throw new HearthError('bad-input', `--${name} is missing.`);
    return value;
  }

  strings(name: FlagName): string[] {
    return (this.#values[name] as string[] | undefined) ?? [];
  }

  number(
    name: FlagName,
    fallback: number,
    { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = {},
  ): number {
    const text = this.string(name);
    if (text === undefined) return fallback;
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || value < min || value > max) {
      throw new HearthError(
        'bad-input',
        `--${name} is ${JSON.stringify(text)}, but must be a number from ${min} to ${max}.`,
      );
    }
    return value;
  }

  integer(name: FlagName, fallback: number, { min = 0, max = 2 ** 32 - 1 } = {}): number {
    const value = this.number(name, fallback, { min, max });
    if (!Number.isInteger(value))
      throw new HearthError('bad-input', `--${name} is ${value}, but must be a whole number.`);
    return value;
  }

  oneOf<Value extends string>(name: FlagName, values: readonly Value[]): Value | undefined {
    const text = this.string(name);
    const value = values.find((known) => known === text);
    if (text !== undefined && value === undefined)
      throw new HearthError('bad-input', `--${name} is ${values.join(' or ')}, not ${JSON.stringify(text)}.`);
    return value;
  }

  /** `1,2,3` */
  ids(name: FlagName): number[] {
    const text = this.required(name).trim();
    const ids =
      text === ''
        ? []
        : text.split(',').map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : Number.NaN));
    if (ids.some((id) => !(id < 2 ** 32)))
      throw new HearthError('bad-input', `--${name} must be token ids separated by commas, like 1,2,3.`);
    return ids;
  }
}
