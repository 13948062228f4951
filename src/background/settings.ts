import * as v from 'valibot';
import { hubOrigin } from '../protocol/hub.ts';
import { BUILT_IN_CHOICES } from '../protocol/built-in-ai.ts';
import { MAX_MODEL_ID_CHARS, MAX_URL_CHARS } from '../protocol/limits.ts';
import {
  DEFAULT_SETTINGS,
  DISK_BYTES_RANGE,
  GPU_PERCENT_RANGE,
  MAX_MACHINE_NAME_CHARS,
  MAX_SITES_HERE,
  MEMORY_BYTES_RANGE,
  SAVED_TEXT_BYTES_RANGE,
  type Settings,
} from '../protocol/settings.ts';
import type { Area } from './area.ts';

const KEY = 'settings';

const within = ({ min, max }: { min: number; max: number }) =>
  v.pipe(v.number(), v.finite(), v.minValue(min), v.maxValue(max));

const Caps = v.object({ gpuPercent: within(GPU_PERCENT_RANGE), memoryBytes: within(MEMORY_BYTES_RANGE) });
const Hub = v.pipe(
  v.string(),
  v.maxLength(MAX_URL_CHARS),
  v.check((text) => hubOrigin(text) === text, 'an address such as https://huggingface.co was expected'),
);
const DefaultModel = v.pipe(v.string(), v.nonEmpty(), v.maxLength(MAX_MODEL_ID_CHARS));
const Mesh = v.object({
  name: v.pipe(v.string(), v.trim(), v.nonEmpty(), v.maxLength(MAX_MACHINE_NAME_CHARS)),
  share: v.object({
    isOn: v.boolean(),
    gpuPercent: within(GPU_PERCENT_RANGE),
    memoryBytes: within(MEMORY_BYTES_RANGE),
    when: v.picklist(['always', 'idle', 'power']),
  }),
  admits: v.picklist(['code', 'known']),
  isLanOnly: v.boolean(),
  signalling: v.variant('kind', [
    v.object({ kind: v.literal('none') }),
    v.object({ kind: v.literal('cloud') }),
    v.object({ kind: v.literal('server'), address: v.pipe(v.string(), v.maxLength(MAX_URL_CHARS)) }),
  ]),
  staysHere: v.pipe(v.array(v.pipe(v.string(), v.maxLength(MAX_URL_CHARS))), v.maxLength(MAX_SITES_HERE)),
});
export const SettingsChanges = v.strictObject({
  caps: v.optional(Caps),
  defaultModel: v.optional(DefaultModel),
  builtIn: v.optional(v.picklist(BUILT_IN_CHOICES)),
  mesh: v.optional(Mesh),
  hub: v.optional(Hub),
  diskBytes: v.optional(within(DISK_BYTES_RANGE)),
  savedTextBytes: v.optional(within(SAVED_TEXT_BYTES_RANGE)),
});

export interface SettingsStore {
  get(): Promise<Settings>;
  change(changes: Partial<Settings>): Promise<Settings>;
}

export function settingsStore(area: Area): SettingsStore {
  const get = async (): Promise<Settings> => {
    const stored = (await area.get(KEY))[KEY];
    // What an older or a broken version wrote must not keep the engine from starting
    const changes = v.safeParse(SettingsChanges, stored);
    return { ...DEFAULT_SETTINGS, ...(changes.success ? changes.output : {}) };
  };
  return {
    get,
    async change(changes) {
      const settings = { ...(await get()), ...changes };
      await area.set({ [KEY]: settings });
      return settings;
    },
  };
}
