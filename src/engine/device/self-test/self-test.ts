import { HearthError } from '../../../protocol/errors.ts';
import { type Gpu, TRUSTS, type Trust } from '../../gpu/gpu.ts';
import { chooseVariants, type Variants } from '../variants.ts';
import { attention } from './attention.ts';
import { products } from './products.ts';
import { sampling } from './sampling.ts';

/** Goes up when kernels change in what an adapter may get wrong: every adapter is then tested again. */
const VERSION = 2;

type Checks = Record<string, (gpu: Gpu, variants: Variants) => Promise<boolean>>;

const CHECKS: Checks = {
  products,
  attention,
  sampling,
};

/** A CPU that plays a GPU takes seconds to compile the others. */
const SOFTWARE_CHECKS: Checks = { products: (gpu, variants) => products(gpu, variants, [1]) };

/** What has been found out about adapters, kept for the next time. */
export interface Verdicts {
  get(adapter: string): Promise<string | undefined>;
  set(adapter: string, trust: Trust): Promise<void>;
}

/**
 * Sets what the device is trusted with: the most with which a kernel of each kind gives what is computed here as well. Asks
 * `verdicts` first, so that an adapter is tested once. Fails with `no-device` if even
 * the simplest kernels give something else.
 */
export async function proveAdapter(
  gpu: Gpu,
  verdicts: Verdicts | undefined,
  checks: Checks = gpu.isSoftware ? SOFTWARE_CHECKS : CHECKS,
): Promise<void> {
  const key = adapterKey(gpu);
  // A verdict that cannot be read or kept is found again
  const remembered = await verdicts?.get(key).catch(() => undefined);
  const known = TRUSTS.find((trust) => trust === remembered);
  gpu.trust = known ?? (await test(gpu, checks));
  if (!known) await verdicts?.set(key, gpu.trust).catch(() => {});
}

async function test(gpu: Gpu, checks: Checks): Promise<Trust> {
  let tested = '';
  for (const trust of TRUSTS) {
    gpu.trust = trust;
    const variants = chooseVariants(gpu);
    // What leaves out something that the adapter does not have anyway
    if (JSON.stringify(variants) === tested) continue;
    tested = JSON.stringify(variants);
    const wrong = await firstWrong(gpu, variants, checks);
    if (!wrong) return trust;
    console.warn(`${gpu.name} computes ${wrong} wrong with ${trust}.`);
  }
  throw new HearthError('no-device', `${gpu.name} computes wrong numbers. A newer driver may mend that.`);
}

async function firstWrong(gpu: Gpu, variants: Variants, checks: Checks): Promise<string | undefined> {
  const names = Object.keys(checks);
  const results = await Promise.allSettled(names.map((name) => checks[name]!(gpu, variants)));
  if (await gpu.hasGone()) throw await gpu.failure(new Error('The device was lost under its test.'));
  // What does not compile or cannot be submitted is as wrong as a wrong number
  return names.find((_, i) => {
    const result = results[i]!;
    return result.status === 'rejected' || !result.value;
  });
}

function adapterKey({ info, matrices }: Gpu): string {
  const { vendor, architecture, device, description } = info;
  return [VERSION, vendor, architecture, device, description, matrices && 'matrices']
    .filter(Boolean)
    .join(' | ');
}
