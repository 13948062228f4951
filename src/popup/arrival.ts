/**
 * What this page was opened in a tab for; undefined in the popup itself. A popup closes as soon as something else has the
 * user's attention, the question for the camera and the choice of a file included, so codes are scanned in a tab.
 */
export type Arrival = { kind: 'join'; code: string } | { kind: 'scan' } | { kind: 'invite' };

export function readArrival(hash: string): Arrival | undefined {
  const [, code] = /^#join=(.+)$/.exec(hash) ?? [];
  if (code) return { kind: 'join', code };
  if (hash === '#scan') return { kind: 'scan' };
  if (hash === '#invite') return { kind: 'invite' };
  return undefined;
}
