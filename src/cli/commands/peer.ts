import { Flags } from '../flags.ts';
import { enterRoom, leaveRoom, ROOM_FLAGS } from '../room-machine.ts';

/**
 * Computes stages for the machines of a room until it is interrupted: of `--model`, and of whatever else they have the
 * bytes of. `{served}` says of how many steps.
 */
export async function peer(args: string[]) {
  const flags = new Flags(args, ROOM_FLAGS);
  let served = 0;
  const machine = await enterRoom(flags, true, () => void served++);
  await new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  leaveRoom(machine);
  return { served };
}
