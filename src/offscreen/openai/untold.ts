import * as f from './fields.ts';

const TIERS = ['auto', 'default', 'flex', 'scale', 'priority'];
const MAX_PAIRS = 16;
const MAX_KEY_CHARS = 64;
const MAX_VALUE_CHARS = 512;

/** Fields that say nothing about the answer: who asks, what for, and how a server should keep and pay it. */
export const UNTOLD: readonly string[] = [
  ...['user', 'metadata', 'service_tier', 'safety_identifier', 'prompt_cache_key', 'prompt_cache_retention'],
];

/** They are passed over, but not if they are none. */
export function checkUntold(all: f.Fields): void {
  for (const name of ['user', 'safety_identifier', 'prompt_cache_key'])
    if (!f.isAbsent(all[name])) f.text(all[name], name);
  f.optionalChoice(all, 'service_tier', TIERS);
  f.optionalChoice(all, 'prompt_cache_retention', ['in_memory', '24h']);
  if (f.isAbsent(all.metadata)) return;
  const pairs = Object.entries(f.fields(all.metadata, 'metadata'));
  const isGood = ([key, value]: [string, unknown]) =>
    key.length <= MAX_KEY_CHARS && typeof value === 'string' && value.length <= MAX_VALUE_CHARS;
  if (pairs.length > MAX_PAIRS || !pairs.every(isGood))
    throw new f.FieldError(
      'metadata',
      `must be at most ${MAX_PAIRS} pairs of a key of up to ${MAX_KEY_CHARS} and a string of up to ${MAX_VALUE_CHARS} characters`,
    );
}
