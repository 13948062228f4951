import { create, globals } from 'webgpu';
import { Gpu } from '../engine/gpu/gpu.ts';
import { HearthError } from '../protocol/errors.ts';
import type { Flags } from './flags.ts';

/** NVIDIA's driver has f16, but Dawn hides it unless asked. */
const F16_TOGGLES = 'enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia';
const FEATURES = ['f16', 'subgroups', 'dp4a', 'matrices'] as const;
type FeatureFlags = Partial<Record<(typeof FEATURES)[number], boolean>>;

// Dawn dies with its instance, so it is kept for as long as the process lives
let instance: GPU | undefined;

/** Dawn as a browser's `navigator.gpu`, with the adapter that `--adapter` asks for. */
export function openInstance(flags: Flags): GPU {
  Object.assign(globalThis, globals);
  instance = create(flags.has('adapter') ? [`adapter=${flags.string('adapter')}`] : []);
  return instance;
}

/** The device that `--adapter` and `--features` ask for; `defaults` hold for features that no flag names. */
export async function openGpu(flags: Flags, defaults: FeatureFlags = {}): Promise<Gpu> {
  const wanted = { ...defaults, ...featureFlags(flags.string('features') ?? '') };
  const options = ['disable-dawn-features=timestamp_quantization'];
  if (flags.has('adapter')) options.push(`adapter=${flags.string('adapter')}`);
  if (wanted.f16 || wanted.matrices) options.push(F16_TOGGLES);

  Object.assign(globalThis, globals);
  instance = create(options);
  const gpu = await Gpu.open(instance, { features: wanted });
  if (wanted.f16 && !gpu.has('shader-f16'))
    throw new HearthError('no-device', `${gpu.name} has no f16, which --features asks for.`);
  if (wanted.subgroups && !gpu.has('subgroups'))
    throw new HearthError('no-device', `${gpu.name} has no subgroups, which --features asks for.`);
  if (wanted.dp4a && !gpu.dp4a)
    throw new HearthError('no-device', `${gpu.name} has no dp4a, which --features asks for.`);
  if (wanted.matrices && !gpu.matrices)
    throw new HearthError('no-device', `${gpu.name} has no subgroup matrices, which --features asks for.`);
  process.stderr.write(`adapter: ${gpu.name}\n`);
  return gpu;
}

/** A name forces a feature, `no-` forbids it; nothing leaves it to the engine: what the adapter has, but not f16. */
function featureFlags(text: string): FeatureFlags {
  const wanted: FeatureFlags = {};
  for (const part of text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)) {
    const feature = FEATURES.find((name) => part === name || part === `no-${name}`);
    if (!feature)
      throw new HearthError(
        'bad-input',
        `--features knows ${FEATURES.join(', ')} and each with no- before it, not ${JSON.stringify(part)}.`,
      );
    wanted[feature] = part === feature;
  }
  return wanted;
}
