import { describeOrigin } from './origin.ts';

/** An origin on one line; where there is no room its start is left out, since its end says whose it is. */
export function OriginName({ origin }: { origin: string }) {
  const { scheme, host, isOpaque } = describeOrigin(origin);
  // https is what to expect; anything else is shown
  const text = isOpaque || scheme === 'https://' ? host : scheme + host;
  return (
    <span class="origin" title={isOpaque ? host : origin}>
      <bdi dir="ltr">{text}</bdi>
    </span>
  );
}
