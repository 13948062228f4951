import type { Client } from '../../channel/connect.ts';
import type { BackgroundCalls } from '../../protocol/background-calls.ts';
import type { MeshSettings } from '../../protocol/settings.ts';

interface Battery {
  charging: boolean;
}

/** Whether this machine computes for others at this moment, as its owner has allowed it. */
export async function sharesNow(
  { share }: MeshSettings,
  background: Client<BackgroundCalls>['call'],
): Promise<boolean> {
  if (!share.isOn) return false;
  switch (share.when) {
    case 'always':
      return true;
    case 'idle':
      return background('isIdle', undefined);
    case 'power':
      return (await battery())?.charging ?? true;
  }
}

/** A machine without a battery says that it charges, or nothing at all. */
async function battery(): Promise<Battery | undefined> {
  const { getBattery } = navigator as Navigator & { getBattery?: () => Promise<Battery> };
  return getBattery?.call(navigator);
}
