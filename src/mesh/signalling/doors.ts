import { MAX_PEERS } from '../limits.ts';

/**
 * A signalling server knows ids and lists nothing, so a room has numbered doors: names that follow from the room's id.
 * Who comes takes the first that is free, and knocks at those before it until a member answers; members introduce it
 * to the others. Anybody could sit at a door, but only a member can prove that it is one.
 */
export const DOORS = MAX_PEERS;

export function doorId(roomId: string, door: number): string {
  return `hearth-${roomId}-${door}`;
}

/** Where to knock, nearest first: those who came before. Doors of machines that are linked already are left out. */
export function doorsToKnock(own: number, linkedDoors: ReadonlySet<number>): number[] {
  return Array.from({ length: own }, (_, door) => door).filter((door) => !linkedDoors.has(door));
}

/** After so many failures, with chance mixed in so that a room does not knock in step. Milliseconds. */
export function knockAgainAfterMs(failures: number, random: () => number): number {
  return Math.min(30_000, 1_000 * 2 ** failures) * (0.5 + random() / 2);
}
